/* SPDX-License-Identifier: MIT */
#include "update/systemd.h"

#define PRIVATE_SOCKET "unix:path=/run/systemd/private"
#define NAME           "org.freedesktop.systemd1"
#define PATH           "/org/freedesktop/systemd1"
#define MANAGER        "org.freedesktop.systemd1.Manager"
#define TIMEOUT_MS     25000

gboolean systemd_is_running(void)
{
    return g_file_test("/run/systemd/system", G_FILE_TEST_IS_DIR);
}

/* Root talks to systemd directly, as systemctl does; without that socket, over the bus.
 * *ret_name is whom to address: NULL on the private socket, where only systemd listens. */
static GDBusConnection *connect_manager(const char **ret_name, GCancellable *cancellable,
                                        GError **error)
{
    GDBusConnection *direct = g_dbus_connection_new_for_address_sync(
        PRIVATE_SOCKET, G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT, NULL, cancellable, NULL);

    *ret_name = direct ? NULL : NAME;
    return direct ?: g_bus_get_sync(G_BUS_TYPE_SYSTEM, cancellable, error);
}

static GVariant *call(const char *path, const char *interface, const char *method, GVariant *args,
                      const char *reply, GCancellable *cancellable, GError **error)
{
    const char *name = NULL;
    g_autoptr(GVariant) owned = g_variant_ref_sink(args);
    g_autoptr(GDBusConnection) connection = connect_manager(&name, cancellable, error);

    if (!connection)
        return NULL;
    return g_dbus_connection_call_sync(connection, name, path, interface, method, owned,
                                       G_VARIANT_TYPE(reply), G_DBUS_CALL_FLAGS_NONE, TIMEOUT_MS,
                                       cancellable, error);
}

gboolean systemd_start_unit(const char *unit, const char *mode, GCancellable *cancellable,
                            GError **error)
{
    g_autoptr(GVariant) reply = call(PATH, MANAGER, "StartUnit", g_variant_new("(ss)", unit, mode),
                                     "(o)", cancellable, error);

    return reply != NULL;
}

char *systemd_active_state(const char *unit, GCancellable *cancellable, GError **error)
{
    g_autoptr(GVariant) loaded =
        call(PATH, MANAGER, "LoadUnit", g_variant_new("(s)", unit), "(o)", cancellable, error);
    const char *path = NULL;

    if (!loaded)
        return NULL;
    g_variant_get(loaded, "(&o)", &path);

    g_autoptr(GVariant) reply =
        call(path, "org.freedesktop.DBus.Properties", "Get",
             g_variant_new("(ss)", "org.freedesktop.systemd1.Unit", "ActiveState"), "(v)",
             cancellable, error);
    if (!reply)
        return NULL;
    g_autoptr(GVariant) boxed = g_variant_get_child_value(reply, 0);
    g_autoptr(GVariant) value = g_variant_get_variant(boxed);
    return g_variant_dup_string(value, NULL);
}
