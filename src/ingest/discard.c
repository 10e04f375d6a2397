#include "ingest/discard.h"
#include "base/logging.h"
#include "base/metrics.h"
#include "base/time.h"
#include <stdatomic.h>

static void count(const char *name, const char *help, struct pyr_str tenant, const char *reason, uint64_t n)
{
    const struct pyr_metric_label labels[] = {{"reason", pyr_str_of(reason)}, {"tenant", tenant}};
    if (n != 0)
        pyr_metric_add(pyr_counter(name, help, labels, PYR_COUNT_OF(labels)), (int64_t)n);
}

static void count_samples(struct pyr_str tenant, const char *reason, uint64_t n)
{
    count("pyroscope_discarded_samples_total", "Samples left out of profiles that were taken.", tenant, reason, n);
}

/* Clients that are refused try again and again: a line for each would fill the disk. */
static struct {
    _Atomic int64_t logged_mono_ns;
    _Atomic uint64_t since;
} refusals[PYR_E_COUNT];

static void log_refusal(struct pyr_str tenant, struct pyr_str source, pyr_err err, const char *message)
{
    const unsigned reason = err <= 0 && -err < PYR_E_COUNT ? (unsigned)-err : (unsigned)-PYR_E_INTERNAL;
    const int64_t now = pyr_mono_ns();
    atomic_fetch_add(&refusals[reason].since, 1);
    int64_t last = atomic_load(&refusals[reason].logged_mono_ns);
    if ((last != 0 && now - last < PYR_NS_PER_S) ||
        !atomic_compare_exchange_strong(&refusals[reason].logged_mono_ns, &last, now))
        return;
    pyr_log(PYR_LOG_WARN, "refused a profile", PYR_KV_V("tenant", tenant), PYR_KV_V("source", source),
            PYR_KV_S("reason", pyr_err_name(err)), PYR_KV_S("error", message),
            PYR_KV_I("refused", atomic_exchange(&refusals[reason].since, 0)));
}

void pyr_discard_profile(struct pyr_str tenant, struct pyr_str source, pyr_err err, size_t bytes, const char *message)
{
    const char *reason = pyr_err_name(err);
    log_refusal(tenant, source, err, message);
    count("pyroscope_discarded_profiles_total", "Profiles refused.", tenant, reason, 1);
    count("pyroscope_discarded_bytes_total", "Bytes of profiles refused.", tenant, reason, bytes);
}

void pyr_discard_dropped(struct pyr_str tenant, const struct pyr_profile_dropped *d)
{
    count_samples(tenant, "dangling_reference", d->dangling);
    count_samples(tenant, "negative_value", d->negative);
    count_samples(tenant, "zero_value", d->zero);
    count("pyroscope_discarded_labels_total", "Labels of samples that belong to no series.", tenant, "not_a_string",
          d->numeric_labels);
    count("pyroscope_truncated_stacks_total", "Stacks cut at the depth limit.", tenant, "too_deep", d->truncated);
    count("pyroscope_truncated_strings_total", "Names that lost their front at the limit of bytes.", tenant, "too_long",
          d->cut_strings);
}

static struct pyr_metric *received(const char *name, const char *help, struct pyr_str tenant)
{
    const struct pyr_metric_label labels[] = {{"tenant", tenant}};
    return pyr_counter(name, help, labels, PYR_COUNT_OF(labels));
}

void pyr_count_received(struct pyr_str tenant, const struct pyr_profile *p, size_t bytes)
{
    pyr_metric_add(received("pyroscope_received_profiles_total", "Profiles taken.", tenant), 1);
    pyr_metric_add(received("pyroscope_received_samples_total", "Samples of profiles taken.", tenant),
                   (int64_t)p->sample_count);
    pyr_metric_add(received("pyroscope_received_bytes_total", "Bytes of profiles taken, inflated.", tenant),
                   (int64_t)bytes);
}
