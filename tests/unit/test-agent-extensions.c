/* SPDX-License-Identifier: MIT */
#include "agent/extensions.h"

#include <sys/utsname.h>
#include <sys/xattr.h>

#include "tests/unit/ini-files.h"
#include "tests/unit/leak.h"

#define OLD        "ID=azl\nVERSION_ID=1.0.0\n"
#define NEW        "ID=azl\nVERSION_ID=1.1.0\n"
#define ANY        "ID=_any\n"
#define DEPLOYMENT "/ostree/deploy/azl/deploy/abc.0"

#define MERGED "/usr/.systemd-sysext/extensions"

TestSuite(extensions, .fini = scratch_remove);

/* What an extension says → what is wrong with it; NULL: it fits. */
static const struct {
    const char *release, *extension, *why;
} texts[] = {
    {NEW, NEW, NULL},
    {NEW, ANY, NULL},
    {NEW, OLD, "is for VERSION_ID=1.0.0, the release is 1.1.0"},
    {NEW, "ID=\"azl\"\nVERSION_ID='1.1.0'  \r\n", NULL},
    {NEW, "  ID=azl\n#VERSION_ID=1.0.0\nVERSION_ID=1.1.0", NULL},
    {NEW, "ID=azl\nVERSION_ID=1.0.0\nVERSION_ID=1.1.0\n", NULL},
    {NEW, "ID=azl\nVERSION_ID=1.1\\.0\n", NULL},
    {NEW, "ID=azl\nVERSION_ID=1.1.0beta\n", "is for VERSION_ID=1.1.0beta, the release is 1.1.0"},
    {NEW, "ID=azl\n", "says no VERSION_ID, the release is 1.1.0"},
    {NEW, "ID=azl\nXVERSION_ID=1.1.0\n", "says no VERSION_ID, the release is 1.1.0"},
    {NEW, "VERSION_ID=1.1.0\n", "says no ID, the release is azl"},
    {NEW, "", "says no ID, the release is azl"},
    {NEW, NULL, "has no extension-release file"},
    {NEW, "ID=flatcar\nVERSION_ID=1.1.0\n", "is for ID=flatcar, the release is azl"},
    {"VERSION_ID=1.1.0\n", NEW, "is for ID=azl, the release is without"},
    /* The level counts where both say one. */
    {NEW "SYSEXT_LEVEL=2\n", "ID=azl\nSYSEXT_LEVEL=2\nVERSION_ID=1.0.0\n", NULL},
    {NEW "SYSEXT_LEVEL=2\n", "ID=azl\nSYSEXT_LEVEL=1\nVERSION_ID=1.1.0\n",
     "is for SYSEXT_LEVEL=1, the release is 2"},
    {NEW, "ID=azl\nSYSEXT_LEVEL=1\nVERSION_ID=1.1.0\n", NULL},
    {NEW "SYSEXT_LEVEL=2\n", OLD, "is for VERSION_ID=1.0.0, the release is 1.1.0"},
    {"ID=arch\n", "ID=arch\n", NULL},
    {"ID=arch\n", "ID=arch\nVERSION_ID=7\n", NULL},
    {"ID=azl\nSYSEXT_LEVEL=2\n", OLD, NULL},
    {NEW, ANY "ARCHITECTURE=_any\n", NULL},
    {NEW, ANY "ARCHITECTURE=\n", NULL},
    {NEW, ANY "SYSEXT_SCOPE=\"portable system\"\n", NULL},
    {NEW, ANY "SYSEXT_SCOPE=\"initrd systemd\"\n",
     "is for SYSEXT_SCOPE=initrd systemd, this is a system"},
};

CLAIM(extensions, the_rules_are_those_of_systemd_252)
{
    char why[EXTENSION_DETAIL_MAX];

    for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
        bool fits = extension_fits(texts[i].release, texts[i].extension, why);
        cr_expect_eq(fits, !texts[i].why, "%zu: %s", i, texts[i].extension);
        if (!fits && texts[i].why)
            cr_expect_str_eq(why, texts[i].why, "%zu: %s", i, why);
    }
}

CLAIM(extensions, the_architecture_is_the_machines_own)
{
    char why[EXTENSION_DETAIL_MAX];
    struct utsname machine;

    uname(&machine);
    bool amd = strcmp(machine.machine, "x86_64") == 0,
         arm = strcmp(machine.machine, "aarch64") == 0;
    cr_assert_eq(extension_fits(NEW, ANY "ARCHITECTURE=x86-64\n", why), amd);
    cr_assert_eq(extension_fits(NEW, ANY "ARCHITECTURE=arm64\n", why), arm);
    cr_assert_not(extension_fits(NEW, ANY "ARCHITECTURE=vax\n", why));
    cr_assert_not_null(strstr(why, "is for ARCHITECTURE=vax, the machine is "), "%s", why);
}

CLAIM(extensions, a_value_that_is_too_long_is_no_value)
{
    char why[EXTENSION_DETAIL_MAX], text[1024];

    for (int length = 120; length < 140; length++) {
        snprintf(text, sizeof(text), "ID=azl\nVERSION_ID=%0*d\n", length, 1);
        cr_assert_eq(extension_fits(text, text, why), true);
        cr_assert_not(extension_fits(NEW, text, why));
        cr_assert_eq(!strstr(why, "says no VERSION_ID"), length < 128, "%d: %s", length, why);
    }
}

/* --- what is installed --- */

static char detail[EXTENSION_DETAIL_MAX];

/* A root that runs 1.0.0, with 1.1.0 staged. */
static void open_root(void)
{
    scratch_open();
    put_file("/usr/lib/os-release", OLD);
    put_file("/sysroot" DEPLOYMENT "/usr/lib/os-release", NEW);
    cr_assert_eq(symlinkat("sysroot/ostree", scratch_fd, "ostree"), 0);
    detail[0] = '\0';
}

static int check(void)
{
    return extensions_check(scratch_fd, DEPLOYMENT, detail);
}

static void put_extension(const char *place, const char *name, const char *text)
{
    char path[512];

    snprintf(path, sizeof(path), "%s/%s/usr/lib/extension-release.d/extension-release.%s", place,
             name, name);
    put_file(path, text);
}

#define MISFIT "the extension tool is for VERSION_ID=1.0.0, the release is 1.1.0"

CLAIM(extensions, each_place_counts)
{
    static const char *const places[] = {"/etc/extensions", "/run/extensions",
                                         "/var/lib/extensions", "/usr/local/lib/extensions"};

    open_root();
    put_link("/usr/local", "../var/usrlocal");
    put_file("/var/usrlocal/README", "");
    cr_assert_eq(check(), 0, "nothing is installed");
    scratch_remove();
    for (size_t i = 0; i < ELEMENTSOF(places); i++) {
        open_root();
        put_link("/usr/local", "../var/usrlocal");
        if (i == 3)
            put_extension("/var/usrlocal/lib/extensions", "tool", OLD);
        else
            put_extension(places[i], "tool", OLD);
        cr_expect_eq(check(), 1, "%s", places[i]);
        cr_expect_str_eq(detail, MISFIT);
        scratch_remove();
    }
}

CLAIM(extensions, what_fits_both_or_is_not_in_use_may_stay)
{
    open_root();
    put_extension("/var/lib/extensions", "static", ANY);
    put_extension("/var/lib/extensions", "of-the-future", NEW);
    put_extension("/var/lib/extensions", "of-the-past", "ID=azl\nVERSION_ID=0.9\n");
    put_file("/var/lib/extensions/bare/usr/bin/tool", "");
    put_file("/var/lib/extensions/README", "not an image\n");
    put_extension("/var/lib/extensions", "refused", OLD);
    put_file("/var/lib/extensions/refused/usr/lib/os-release", OLD);
    put_link("/var/lib/extensions/dangling", "/nowhere");
    cr_assert_eq(check(), 0, "%s", detail);
}

CLAIM(extensions, the_first_of_a_name_counts_and_an_empty_folder_hides)
{
    open_root();
    put_extension("/var/lib/extensions", "tool", OLD);
    put_file("/etc/extensions/tool/.keep", "");
    cr_assert_eq(check(), 0, "%s", detail);
    put_extension("/etc/extensions", "tool", OLD);
    cr_assert_eq(check(), 1);
}

CLAIM(extensions, links_are_followed_within_the_root)
{
    open_root();
    put_extension("/opt/tools", "tool", OLD);
    put_link("/etc/extensions/tool", "/opt/tools/tool");
    cr_assert_eq(check(), 1);
    cr_assert_str_eq(detail, MISFIT);
    scratch_remove();

    open_root();
    put_link("/etc/extensions/tool", "../../../../../../../../proc/self/cwd");
    put_file("/var/lib/extensions/x/usr/lib/a", "");
    put_link("/var/lib/extensions/x/usr/lib/extension-release.d", "/etc");
    cr_assert_eq(check(), 0, "%s", detail);
}

CLAIM(extensions, a_merged_image_is_judged_and_another_is_not)
{
    open_root();
    put_file("/var/images/kubernetes-v1.30.raw", "");
    put_link("/etc/extensions/kubernetes.raw", "/var/images/kubernetes-v1.30.raw");
    put_file("/var/lib/extensions/other.raw", "");
    put_file("/usr/lib/extension-release.d/extension-release.kubernetes", OLD);
    cr_assert_eq(check(), 0, "%s", detail);
    usleep(20000); /* the kernel's clock for files is coarse */
    put_file(MERGED, "kubernetes\nother\n");
    cr_assert_eq(check(), 1);
    cr_assert_str_eq(detail, "the extension kubernetes is for VERSION_ID=1.0.0, the release is "
                             "1.1.0");

    usleep(20000);
    cr_assert_eq(unlinkat(scratch_fd, "etc/extensions/kubernetes.raw", 0), 0);
    put_link("/etc/extensions/kubernetes.raw", "/var/images/kubernetes-v1.30.raw");
    cr_assert_eq(check(), 0, "another has been put into its place: %s", detail);
    usleep(20000);
    put_file(MERGED, "kubernetes\nother\n");
    cr_assert_eq(check(), 1);
    usleep(20000);
    put_file("/var/images/kubernetes-v1.30.raw", "new");
    cr_assert_eq(check(), 0, "it has been replaced: %s", detail);
}

CLAIM(extensions, what_is_part_of_the_release_is_looked_for_in_the_new_one)
{
    open_root();
    put_extension("/usr/lib/extensions", "own", OLD);
    put_extension("/usr/share/extra", "extra", OLD);
    put_link("/etc/extensions/extra", "/usr/share/extra/extra");
    put_file("/usr/lib/extensions/image.raw", "");
    put_file("/usr/lib/extension-release.d/extension-release.image", OLD);
    put_file(MERGED, "image\n");
    cr_assert_eq(check(), 0, "the new release has done without: %s", detail);
    put_extension("/sysroot" DEPLOYMENT "/usr/lib/extensions", "own", NEW);
    put_extension("/sysroot" DEPLOYMENT "/usr/share/extra", "extra", NEW);
    cr_assert_eq(check(), 0, "the new release brings its own: %s", detail);
    put_extension("/sysroot" DEPLOYMENT "/usr/share/extra", "extra", "ID=azl\nVERSION_ID=1.2.0\n");
    cr_assert_eq(check(), 1);
    cr_assert_str_eq(detail, "the extension extra is for VERSION_ID=1.2.0, the release is 1.1.0");
}

CLAIM(extensions, a_renamed_one_is_known_by_the_only_file_that_allows_it)
{
    const char *const file = "/var/lib/extensions/renamed/usr/lib/extension-release.d/"
                             "extension-release.tool";
    char path[1024];

    open_root();
    put_file(file, OLD);
    cr_assert_eq(check(), 0, "%s", detail);
    snprintf(path, sizeof(path), "%s%s", scratch_path, file);
    if (setxattr(path, "user.extension-release.strict", "1", 1, 0) < 0)
        cr_skip_test("no extended attributes here: %m");
    cr_assert_eq(check(), 0, "%s", detail);
    cr_assert_eq(setxattr(path, "user.extension-release.strict", "0", 1, 0), 0);
    cr_assert_eq(check(), 1);
    cr_assert_str_eq(detail, "the extension renamed is for VERSION_ID=1.0.0, the release is 1.1.0");

    strcpy(path + strlen(path) - 4, "else");
    put_file(path + strlen(scratch_path), OLD);
    cr_assert_eq(setxattr(path, "user.extension-release.strict", "0", 1, 0), 0);
    cr_assert_eq(check(), 0, "which of the two? %s", detail);
}

CLAIM(extensions, hostile_files_are_passed_over)
{
    static char big[65 * 1024];

    open_root();
    memset(big, '\n', sizeof(big) - 1);
    put_extension("/var/lib/extensions", "big", big);
    put_extension("/var/lib/extensions", "esc\x1b[31m", OLD);
    put_file("/var/lib/extensions/fifo/usr/lib/extension-release.d/x", "");
    int dir =
        dir_open_beneath(scratch_fd, "var/lib/extensions/fifo/usr/lib/extension-release.d", false);
    cr_assert_eq(mkfifoat(dir, "extension-release.fifo", 0600), 0);
    close_fd(dir);
    cr_assert_eq(check(), 0, "%s", detail);
    put_extension("/var/lib/extensions", "tool", "ID=azl\nVERSION_ID=1.0.0\nSYSEXT_LEVEL=\x1b[m\n");
    put_file("/sysroot" DEPLOYMENT "/usr/lib/os-release", NEW "SYSEXT_LEVEL=1\n");
    cr_assert_eq(check(), 1);
    cr_assert_null(strchr(detail, '\x1b'), "a terminal would obey this");
}

CLAIM(extensions, a_release_that_cannot_be_looked_into_is_an_error)
{
    open_root();
    put_extension("/var/lib/extensions", "tool", OLD);
    cr_assert_eq(extensions_check(scratch_fd, "/ostree/deploy/azl/deploy/gone.0", detail), -ENOENT);
    cr_assert_lt(extensions_check(scratch_fd, "/ostree/deploy/azl/deploy/abc.1", detail), 0);
}
