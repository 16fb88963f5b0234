/* SPDX-License-Identifier: MIT */
#include "agent/extensions.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/xattr.h>

#include "base/file.h"
#include "base/strv.h"
#include "base/text.h"

#define RELEASE_FILE_MAX (64 * 1024)
#define VALUE_MAX        128
#define EXTENSIONS_MAX   200 /* looked at; and files beside an extension-release */
#define PATH_TEXT_MAX    4096
#define OS_RELEASE       "usr/lib/os-release"
#define RELEASE_DIR      "usr/lib/extension-release.d"
#define RELEASE_PREFIX   "extension-release."
/* systemd-sysext makes this list as it merges. */
#define MERGED "usr/.systemd-sysext/extensions"

/* In systemd's order: of two with one name the first counts, and an empty folder hides. */
static const char *const places[] = {"/etc/extensions", "/run/extensions", "/var/lib/extensions",
                                     "/usr/local/lib/extensions", "/usr/lib/extensions"};

/* --- the two texts --- */

/* Takes quotes and escapes off, as os-release(5) has them. */
static void take_value(const char *text, size_t length, char ret[static VALUE_MAX])
{
    size_t n = 0;
    char quote = '\0';

    while (length > 0 && strchr(" \t\r", text[length - 1]))
        length--;
    for (size_t i = 0; i < length && n < VALUE_MAX; i++) {
        if (quote ? text[i] == quote : text[i] == '"' || text[i] == '\'')
            quote = quote ? '\0' : text[i];
        else {
            i += text[i] == '\\' && quote != '\'' && i + 1 < length;
            ret[n++] = text[i];
        }
    }
    /* A part of a value is another value. */
    ret[n < VALUE_MAX ? n : 0] = '\0';
}

/* The value of a key; the last line wins. "": there is none. */
static void get(const char *text, const char *key, char ret[static VALUE_MAX])
{
    size_t key_length = strlen(key);

    *ret = '\0';
    for (const char *line = text; *line;) {
        line += strspn(line, " \t");
        size_t length = strcspn(line, "\n");
        if (length > key_length && strncmp(line, key, key_length) == 0 && line[key_length] == '=')
            take_value(line + key_length + 1, length - key_length - 1, ret);
        line += length + (line[length] == '\n');
    }
}

/* What systemd calls the machine's architecture (ConditionArchitecture= in systemd.unit(5)). */
static const char *architecture(const char *machine)
{
    static const char *const names[][2] = {
        {"x86_64", "x86-64"}, {"aarch64", "arm64"}, {"armv7l", "arm"},
        {"armv8l", "arm"},    {"i686", "x86"},      {"ppc64le", "ppc64-le"},
    };

    for (size_t i = 0; i < ELEMENTSOF(names); i++)
        if (strcmp(names[i][0], machine) == 0)
            return names[i][1];
    return machine; /* riscv64, s390x, loongarch64 */
}

static bool has_word(char *words, const char *word)
{
    char *state = NULL;

    for (char *one = strtok_r(words, " \t", &state); one; one = strtok_r(NULL, " \t", &state))
        if (strcmp(one, word) == 0)
            return true;
    return false;
}

static bool fits_machine(const char *extension, char why[static EXTENSION_DETAIL_MAX])
{
    char scope[VALUE_MAX], wanted[VALUE_MAX], told[VALUE_MAX];
    struct utsname machine;

    get(extension, "SYSEXT_SCOPE", scope);
    strcpy(told, scope);
    if (*scope && !has_word(scope, "system")) {
        snprintf(why, EXTENSION_DETAIL_MAX, "is for SYSEXT_SCOPE=%.48s, this is a system", told);
        return false;
    }
    get(extension, "ARCHITECTURE", wanted);
    if (!*wanted || strcmp(wanted, "_any") == 0 || uname(&machine) < 0 ||
        strcmp(wanted, architecture(machine.machine)) == 0)
        return true;
    snprintf(why, EXTENSION_DETAIL_MAX, "is for ARCHITECTURE=%.48s, the machine is %.48s", wanted,
             architecture(machine.machine));
    return false;
}

static bool same(const char *key, const char *wanted, const char *is,
                 char why[static EXTENSION_DETAIL_MAX])
{
    if (*wanted && strcmp(wanted, is) == 0)
        return true;
    if (*wanted)
        snprintf(why, EXTENSION_DETAIL_MAX, "is for %s=%.48s, the release is %.48s", key, wanted,
                 *is ? is : "without");
    else
        snprintf(why, EXTENSION_DETAIL_MAX, "says no %s, the release is %.48s", key,
                 *is ? is : "without");
    return false;
}

bool extension_fits(const char *os_release, const char *extension_release,
                    char why[static EXTENSION_DETAIL_MAX])
{
    char wanted[VALUE_MAX], is[VALUE_MAX], level[VALUE_MAX];

    if (!extension_release) {
        snprintf(why, EXTENSION_DETAIL_MAX, "has no extension-release file");
        return false;
    }
    if (!fits_machine(extension_release, why))
        return false;
    get(extension_release, "ID", wanted);
    if (strcmp(wanted, "_any") == 0)
        return true;
    get(os_release, "ID", is);
    if (!same("ID", wanted, is, why))
        return false;

    get(extension_release, "SYSEXT_LEVEL", wanted);
    get(os_release, "SYSEXT_LEVEL", level);
    if (*wanted && *level)
        return same("SYSEXT_LEVEL", wanted, level, why);
    get(extension_release, "VERSION_ID", wanted);
    get(os_release, "VERSION_ID", is);
    /* A release without a version rolls, and takes all. */
    return !*is || same("VERSION_ID", wanted, is, why);
}

/* --- what is installed --- */

typedef struct Check {
    int root, deployment;
    char *runs, *comes; /* os-release */
    char **seen;        /* names */
    size_t looked_at;
    char *detail;
} Check;

static void check_clear(Check *check)
{
    close_fd(check->deployment);
    free(check->runs);
    free(check->comes);
    strv_free(check->seen);
}

/* A small file in a root, links followed within it. */
static int read_release(int root_fd, const char *path, char **ret)
{
    _cleanup_close_ int fd = file_open_in_root(root_fd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);

    return fd < 0 ? fd : file_read_fd(fd, RELEASE_FILE_MAX, ret, NULL);
}

/* May this file be read in the place of the one with the right name? */
static bool is_lenient(int dir_fd, const char *name)
{
    _cleanup_close_ int fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    char value[8] = "";

    if (fd < 0 || fgetxattr(fd, "user.extension-release.strict", value, sizeof(value) - 1) <= 0)
        return false;
    static const char *const no[] = {"0", "no", "n", "false", "f", "off"};
    for (size_t i = 0; i < ELEMENTSOF(no); i++)
        if (strcasecmp(value, no[i]) == 0)
            return true;
    return false;
}

/* Images get renamed: without a file of the right name, the only one that is marked so counts. */
static int read_lenient(int tree_fd, char **ret)
{
    int fd = file_open_in_root(tree_fd, RELEASE_DIR, O_RDONLY | O_DIRECTORY);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    _cleanup_free_ char *found = NULL;
    size_t left = EXTENSIONS_MAX, n = 0;

    if (!dir) {
        close_fd(fd);
        return -ENOENT;
    }
    for (struct dirent *entry; left-- > 0 && (entry = readdir(dir));)
        if (strncmp(entry->d_name, RELEASE_PREFIX, strlen(RELEASE_PREFIX)) == 0 &&
            is_lenient(dirfd(dir), entry->d_name) && n++ == 0)
            found = strdup(entry->d_name);
    int r =
        n == 1 && found ? file_read_at(dirfd(dir), found, RELEASE_FILE_MAX, ret, NULL) : -ENOENT;
    closedir(dir);
    return r;
}

/* The extension-release of a tree. 0 with *ret NULL: it has none, or must not have one. */
static int read_tree(int tree_fd, const char *name, char **ret)
{
    char path[sizeof(RELEASE_DIR "/" RELEASE_PREFIX) + NAME_MAX];

    *ret = NULL;
    /* With one of its own it would be another release: systemd refuses it. */
    _cleanup_close_ int own = file_open_in_root(tree_fd, OS_RELEASE, O_PATH);
    if (own >= 0)
        return 0;
    snprintf(path, sizeof(path), RELEASE_DIR "/" RELEASE_PREFIX "%s", name);
    int r = read_release(tree_fd, path, ret);
    if (r == -ENOENT)
        r = read_lenient(tree_fd, ret);
    return r == -ENOENT || r == -ENOTDIR ? 0 : r;
}

/* Where a descriptor's file is, as seen from `root_fd`: links are resolved. false: not known. */
static bool path_in_root(int root_fd, int fd, char ret[static PATH_TEXT_MAX])
{
    char link[32], root[PATH_TEXT_MAX], path[PATH_TEXT_MAX];

    snprintf(link, sizeof(link), "/proc/self/fd/%d", root_fd);
    ssize_t root_length = readlink(link, root, sizeof(root));
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof(path));
    if (root_length <= 0 || length <= 0 || root_length == sizeof(root) || length == sizeof(path))
        return false;
    if (root_length == 1) /* "/" */
        root_length = 0;
    if (length <= root_length || strncmp(path, root, root_length) != 0)
        return false;
    snprintf(ret, PATH_TEXT_MAX, "%.*s", (int)(length - root_length), path + root_length);
    return true;
}

/* 1: it does not fit what comes, though it fits what runs; 0: it may stay. */
static int compare(Check *check, const char *name, const char *now, const char *then)
{
    char why[EXTENSION_DETAIL_MAX];

    if (!extension_fits(check->runs, now, why) || extension_fits(check->comes, then, why))
        return 0;
    snprintf(check->detail, EXTENSION_DETAIL_MAX, "the extension %.48s %.160s", name, why);
    text_make_line(check->detail);
    return 1;
}

static int check_tree(Check *check, const char *name, int fd, const char *path)
{
    _cleanup_free_ char *now = NULL, *then = NULL;

    if (read_tree(fd, name, &now) < 0 || !now)
        return 0;
    if (strncmp(path, "/usr/", 5) != 0)
        return compare(check, name, now, now);
    _cleanup_close_ int other = file_open_in_root(check->deployment, path, O_PATH | O_DIRECTORY);
    if (other < 0 || read_tree(other, name, &then) < 0)
        return 0;
    return compare(check, name, now, then);
}

/* When a file was made or changed, in ns; with O_NOFOLLOW the link itself. INT64_MAX: never. */
static int64_t changed(int root_fd, const char *path, int flags)
{
    _cleanup_close_ int fd = file_open_in_root(root_fd, path, O_PATH | flags);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0)
        return INT64_MAX;
    return st.st_ctim.tv_sec * INT64_C(1000000000) + st.st_ctim.tv_nsec;
}

/* What a merged image says of itself lies in the merged /usr. One that took its place since, to be
 * there for the new release, is another, of which nobody says anything. */
static int check_image(Check *check, const char *name, const char *entry, const char *path)
{
    char file[sizeof(RELEASE_DIR "/" RELEASE_PREFIX) + NAME_MAX];
    int64_t merged = changed(check->root, MERGED, 0);
    _cleanup_free_ char *now = NULL;

    snprintf(file, sizeof(file), RELEASE_DIR "/" RELEASE_PREFIX "%s", name);
    if (merged == INT64_MAX || changed(check->root, entry, 0) > merged ||
        changed(check->root, entry, O_NOFOLLOW) > merged || strncmp(path, "/usr/", 5) == 0 ||
        read_release(check->root, file, &now) < 0)
        return 0;
    return compare(check, name, now, now);
}

/* Names that systemd passes over, which hide nothing. */
static bool name_is_sane(const char *name)
{
    for (const char *c = name; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            return false;
    return *name && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
           strncmp(name, ".#", 2) != 0 && text_is_utf8(name, strlen(name));
}

static int check_entry(Check *check, const char *place, const char *entry)
{
    char at[PATH_TEXT_MAX], path[PATH_TEXT_MAX], name[NAME_MAX + 1];
    size_t length = strlen(entry);
    struct stat st;

    snprintf(at, sizeof(at), "%s/%s", place, entry);
    _cleanup_close_ int fd = file_open_in_root(check->root, at, O_PATH);
    if (fd < 0 || fstat(fd, &st) < 0)
        return 0;
    bool image = S_ISREG(st.st_mode) || S_ISBLK(st.st_mode);
    if (image && (length <= 4 || strcmp(entry + length - 4, ".raw") != 0))
        return 0;
    snprintf(name, sizeof(name), "%.*s", (int)(image ? length - 4 : length), entry);
    if ((!image && !S_ISDIR(st.st_mode)) || !name_is_sane(name) || strv_contains(check->seen, name))
        return 0;
    int r = strv_push_copy(&check->seen, name);
    if (r < 0 || !path_in_root(check->root, fd, path))
        return r;
    return image ? check_image(check, name, at, path) : check_tree(check, name, fd, path);
}

static int check_place(Check *check, const char *place)
{
    int r = 0, fd = file_open_in_root(check->root, place, O_RDONLY | O_DIRECTORY);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);

    if (!dir) {
        close_fd(fd);
        return 0;
    }
    for (struct dirent *entry; r == 0 && (entry = readdir(dir));)
        if (check->looked_at++ < EXTENSIONS_MAX)
            r = check_entry(check, place, entry->d_name);
        else
            break;
    closedir(dir);
    return r;
}

int extensions_check(int root_fd, const char *deployment, char detail[static EXTENSION_DETAIL_MAX])
{
    _cleanup_(check_clear)
    Check check = {
        .root = root_fd,
        .deployment = file_open_in_root(root_fd, deployment, O_PATH | O_DIRECTORY),
        .detail = detail,
    };

    if (check.deployment < 0)
        return check.deployment;
    int r = read_release(root_fd, OS_RELEASE, &check.runs);
    if (r >= 0)
        r = read_release(check.deployment, OS_RELEASE, &check.comes);
    for (size_t i = 0; r == 0 && i < ELEMENTSOF(places); i++)
        r = check_place(&check, places[i]);
    return r;
}
