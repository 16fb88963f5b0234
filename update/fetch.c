/* SPDX-License-Identifier: MIT */
#include "update/fetch.h"

#include "base/json.h"
#include "update/abandon.h"
#include "update/cancel.h"
#include "update/error.h"
#include "update/stall.h"
#include "update/transfer.h"

#define UPDATE_MS   100
#define PAUSE_MAX_S 30

/* One attempt under way. */
typedef struct Attempt {
    Job *job;
    const FetchPlan *plan;
    FetchStats *stats;
    Transfer *transfer;     /* outlives attempts: what was shown once is not taken back */
    guint64 before;         /* bytes of earlier attempts */
    guint64 objects_before; /* objects of earlier attempts */
    gint activity;          /* changes with each byte, for the guard */
    guint64 failures;       /* that count against the agreed number, before this attempt */
    gboolean deltas;
} Attempt;

static void send_progress(Attempt *attempt)
{
    const Transfer *p = attempt->transfer;
    json_object *event = json_object_new_object();

    json_add_int(event, "done", (gint64)p->done);
    if (p->total > 0)
        json_add_int(event, "total", (gint64)p->total);
    json_add_string(event, "unit", "bytes");
    json_add_int(event, "objects", (gint64)attempt->stats->objects);
    if (p->rate > 0)
        json_add_int(event, "rate", (gint64)p->rate);
    if (p->eta >= 0)
        json_add_int(event, "eta", p->eta);
    job_progress(attempt->job, "pull", event);
}

/* A delta's size, with what it leaves to single objects, is known as soon as its superblock is
 * there. */
static guint64 best_total(const Attempt *attempt, guint64 delta_total)
{
    if (delta_total > 0)
        return attempt->before + delta_total;
    return attempt->plan->expected;
}

static void on_progress(OstreeAsyncProgress *source, gpointer data)
{
    Attempt *attempt = data;
    guint64 bytes = 0, delta_total = 0;
    guint fetched = 0, delta_parts = 0;

    ostree_async_progress_get(source, "bytes-transferred", "t", &bytes, "fetched", "u", &fetched,
                              "fetched-delta-parts", "u", &delta_parts, "total-delta-part-size",
                              "t", &delta_total, NULL);
    if (attempt->stats->bytes != attempt->before + bytes)
        g_atomic_int_inc(&attempt->activity);
    attempt->stats->bytes = attempt->before + bytes;
    attempt->stats->objects = attempt->objects_before + fetched + delta_parts;
    attempt->stats->delta = delta_parts > 0;
    transfer_update(attempt->transfer, attempt->stats->bytes, best_total(attempt, delta_total),
                    g_get_monotonic_time());
    send_progress(attempt);
}

static void warn_of_failure(Attempt *attempt, const char *why)
{
    job_warning(attempt->job,
                "attempt %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " failed (%s), trying again",
                attempt->failures + 1, attempt->plan->retries + 1, why);
}

/* libostree does not come back, so this process cannot go on. In the guard's thread. */
static void on_hung(void *data)
{
    Attempt *attempt = data;
    const Resume next = {
        .failures = attempt->failures + 1,
        .attempts = attempt->stats->attempts,
        .bytes = attempt->stats->bytes,
        .objects = attempt->stats->objects,
        .deltas = attempt->deltas,
    };

    if (attempt->failures >= attempt->plan->retries ||
        g_cancellable_is_cancelled(attempt->job->cancellable))
        return;
    abandon_explain("the transfer hangs inside libostree, starting anew");
    warn_of_failure(attempt, "nothing came, and the transfer did not end");
    restart_worker(&next);
}

static void on_job_cancelled(GCancellable *cancellable, gpointer data)
{
    g_cancellable_cancel(data);
}

static GVariant *pull_options(const FetchPlan *plan, gboolean deltas)
{
    g_auto(GVariantBuilder) options = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_VARDICT);
    g_autofree char *cache = g_file_get_path(ostree_repo_get_path(plan->cache));
    const char *refs[] = {plan->source->ref, NULL};
    const char *ids[] = {plan->offer->checksum, NULL};
    const char *caches[] = {cache, NULL};

    /* Without this, libostree takes the objects of a local repository (--from DIR, file://) as they
     * are: the signature would cover the commit object, and nothing the content. */
    g_variant_builder_add(&options, "{sv}", "flags",
                          g_variant_new_int32(OSTREE_REPO_PULL_FLAGS_UNTRUSTED));
    source_add_options(plan->source, &options);
    source_add_verified(&options);
    g_variant_builder_add(&options, "{sv}", "refs", g_variant_new_strv(refs, -1));
    g_variant_builder_add(&options, "{sv}", "override-commit-ids", g_variant_new_strv(ids, -1));
    g_variant_builder_add(&options, "{sv}", "localcache-repos", g_variant_new_strv(caches, -1));
    g_variant_builder_add(&options, "{sv}", "disable-static-deltas",
                          g_variant_new_boolean(!deltas));
    g_variant_builder_add(&options, "{sv}", "n-network-retries", g_variant_new_uint32(2));
    g_variant_builder_add(&options, "{sv}", "update-frequency", g_variant_new_uint32(UPDATE_MS));
    offer_add_summary(plan->offer, &options);
    return g_variant_ref_sink(g_variant_builder_end(&options));
}

static gboolean try_once(Attempt *attempt, GError **error)
{
    Job *job = attempt->job;
    g_autoptr(GVariant) options = pull_options(attempt->plan, attempt->deltas);
    g_autoptr(OstreeAsyncProgress) progress =
        ostree_async_progress_new_and_connect(on_progress, attempt);
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    GError *local = NULL;

    attempt->before = attempt->stats->bytes;
    attempt->objects_before = attempt->stats->objects;
    attempt->stats->attempts++;

    gulong handler = g_cancellable_connect(job->cancellable, G_CALLBACK(on_job_cancelled),
                                           g_object_ref(cancellable), g_object_unref);
    StallGuard *guard = stall_guard_new(&(StallPlan){.seconds = attempt->plan->stall_timeout,
                                                     .cancellable = cancellable,
                                                     .activity = &attempt->activity,
                                                     .hung = on_hung,
                                                     .data = attempt});
    gboolean pulled = ostree_repo_pull_with_options(job->repo, attempt->plan->source->remote,
                                                    options, progress, cancellable, &local);
    gboolean done = stall_guard_finish(guard, pulled, local, error);
    ostree_async_progress_finish(progress);
    g_cancellable_disconnect(job->cancellable, handler);
    return done;
}

/* Sleeps in slices, so that a cancel is heard. */
static gboolean pause_before_retry(Job *job, guint64 attempt, GError **error)
{
    guint64 seconds = MIN(G_GUINT64_CONSTANT(1) << MIN(attempt, 10), PAUSE_MAX_S);
    gint64 end = g_get_monotonic_time() +
                 (gint64)(seconds * G_USEC_PER_SEC * g_random_double_range(0.5, 1.0));

    while (g_get_monotonic_time() < end) {
        if (g_cancellable_set_error_if_cancelled(job->cancellable, error))
            return FALSE;
        cancel_waiting_on_purpose();
        g_usleep(100 * 1000);
    }
    return TRUE;
}

/* Errors that a pull without deltas may not have: everything about what came, nothing about whom.
 * And in the end also a "no": a server, or a proxy before it, may refuse just the large files. */
static gboolean blames_delta(const GError *error, gboolean last)
{
    ErrorId id = update_error_id(error);

    return id == ERROR_OBJECT_CORRUPT || id == ERROR_INTERNAL ||
           (last && id == ERROR_SERVER_UNREACHABLE) ||
           g_error_matches(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

static gboolean run_attempts(Attempt *attempt, GError **error)
{
    for (;;) {
        g_autoptr(GError) local = NULL;

        if (try_once(attempt, &local))
            return TRUE;
        if (g_cancellable_is_cancelled(attempt->job->cancellable)) {
            g_propagate_error(error, g_steal_pointer(&local));
            return FALSE;
        }
        gboolean last =
            !update_error_is_transient(local) || attempt->failures >= attempt->plan->retries;
        if (attempt->deltas && blames_delta(local, last)) {
            job_warning(attempt->job, "no luck with static deltas (%s), fetching single objects",
                        local->message);
            attempt->deltas = FALSE;
            continue;
        }
        if (last) {
            g_propagate_error(error, g_steal_pointer(&local));
            return FALSE;
        }
        warn_of_failure(attempt, local->message);
        if (!pause_before_retry(attempt->job, attempt->failures++, error))
            return FALSE;
    }
}

gboolean fetch_run(Job *job, const FetchPlan *plan, FetchStats *ret, GError **error)
{
    Transfer transfer = {.eta = -1};
    Attempt attempt = {.job = job,
                       .plan = plan,
                       .stats = ret,
                       .transfer = &transfer,
                       .failures = job->resume.failures,
                       .deltas = plan->deltas && (!job->resume.failures || job->resume.deltas)};

    *ret = (FetchStats){.bytes = job->resume.bytes,
                        .objects = job->resume.objects,
                        .attempts = job->resume.attempts};
    transfer.done = ret->bytes;
    if (attempt.failures > 0 && !pause_before_retry(job, attempt.failures - 1, error))
        return FALSE;
    if (!run_attempts(&attempt, error))
        return FALSE;
    transfer_finish(&transfer, ret->bytes);
    send_progress(&attempt);
    return TRUE;
}
