/* Arbitrary bytes as a folder of segments: replay ends, crashes on nothing, and the log can be written and replayed
 * afterwards. The input is cut into files; a first byte per file says what is done to it, so that the fuzzer gets past the
 * checksums: its header is made good, and frames are laid out with good headers over its bytes. */
#include "base/logging.h"
#include "base/vfs_fake.h"
#include "storage/log_format.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILES_MAX = 4, FIX_HEADER = 1, FIX_FRAMES = 2, SALT = 7 };

int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    pyr_logging_setup(PYR_LOG_ERROR, PYR_LOG_LOGFMT, open("/dev/null", O_WRONLY | O_CLOEXEC));
    return 0;
}

static pyr_err count_frame(void *ctx, const struct pyr_log_frame *f, struct pyr_span payload,
                           struct pyr_log_place place, struct pyr_diag *diag)
{
    (void)place;
    uint64_t *n = ctx;
    ++*n;
    for (size_t i = 0; i < payload.len; i++) /* the bytes can be read */
        *n += payload.ptr[i] == 0xff && f->type == 0xff;
    return payload.len == 13 ? pyr_fail(diag, PYR_E_CORRUPT, "unlucky") : PYR_OK;
}

static void no_check(void *ctx, uint32_t segment, uint32_t offset, const char *what)
{
    (void)ctx, (void)segment, (void)offset;
    if (strlen(what) == 0)
        abort();
}

/* Frames with good headers, their fields from the bytes that were there. */
static void lay_frames(uint8_t *bytes, size_t len, uint64_t first)
{
    uint64_t sequence = first;
    for (size_t at = PYR_LOG_HEADER_BYTES; at + PYR_LOG_FRAME_HEADER_BYTES <= len;) {
        const uint8_t *in = bytes + at;
        const size_t left = len - at - PYR_LOG_FRAME_HEADER_BYTES;
        struct pyr_log_frame_header h = {.sequence = sequence + in[0] % 4 / 3,
                                         .length = (uint32_t)(in[1] == 0xfe ? left + in[2] : in[1] % (left + 1)),
                                         .partition = in[3],
                                         .type = in[4] % 3};
        h.durable = h.sequence > in[5] % 8 ? h.sequence - 1 - in[5] % 8 : 0;
        if (h.durable >= h.sequence)
            h.durable = h.sequence - 1;
        const size_t payload = h.length < left ? h.length : left;
        if (in[6] % 8 != 0)
            h.payload_hash = pyr_log_payload_hash((struct pyr_span){in + PYR_LOG_FRAME_HEADER_BYTES, payload}, SALT);
        if (in[7] % 8 != 0)
            pyr_log_frame_encode(&h, SALT, bytes + at);
        sequence = h.sequence + 1;
        at += PYR_LOG_FRAME_HEADER_BYTES + payload;
    }
}

static void make_file(struct pyr_vfs *v, uint32_t number, uint64_t *first, const uint8_t *data, size_t size)
{
    static uint8_t bytes[1 << 16];
    char path[64];
    struct pyr_file *f;
    if (size < 4)
        return;
    /* The header's page costs the fuzzer nothing: its fields come from four bytes. */
    const uint8_t what = data[0];
    size_t len = size - 4 + PYR_LOG_HEADER_BYTES;
    len = len < sizeof(bytes) ? len : sizeof(bytes);
    memset(bytes, 0, PYR_LOG_HEADER_BYTES);
    memcpy(bytes + PYR_LOG_HEADER_BYTES, data + 4, len - PYR_LOG_HEADER_BYTES);
    *first += data[1]; /* they ascend: no writer makes others */
    if ((what & FIX_HEADER) != 0)
        pyr_log_header_encode(&(struct pyr_log_header){.number = number,
                                                       .generation = 1 + data[2],
                                                       .first_sequence = *first,
                                                       .durable = data[3] % *first,
                                                       .salt = SALT},
                              bytes);
    else
        memcpy(bytes, data, size < 64 ? size : 64);
    if ((what & FIX_FRAMES) != 0)
        lay_frames(bytes, len, *first);
    (void)snprintf(path, sizeof(path),
                   (what & 4) != 0 && (what & 8) != 0 ? "/l/spare-%010u.log" : "/l/segment-%010u.log", number);
    if (v->ops->open(v, path, PYR_OPEN_CREATE, &f, NULL) != PYR_OK)
        return;
    const struct pyr_span run = {bytes, len};
    if (f->ops->write_at(f, 0, &run, 1, NULL) != PYR_OK || f->ops->sync(f, NULL) != PYR_OK)
        abort();
    f->ops->close(f);
}

static uint64_t open_and_close(struct pyr_vfs *v)
{
    uint64_t frames = 0, generation;
    struct pyr_log *log;
    struct pyr_diag diag = {0};
    const struct pyr_log_settings s = {.vfs = v,
                                       .dir = "/l",
                                       .segment_bytes = 1 << 16,
                                       .first_segment_bytes = 1 << 14,
                                       .queue_bytes_max = 1 << 16,
                                       .retry_ns = 1000000};
    const struct pyr_log_replay replay = {&frames, count_frame, no_check};
    const pyr_err err = pyr_log_open(&s, &replay, &generation, &log, &diag);
    if (err != PYR_OK) {
        if (err != PYR_E_UNIMPLEMENTED)
            abort();
        return UINT64_MAX;
    }
    static const uint8_t payload[100];
    struct pyr_waiter w;
    pyr_waiter_init(&w);
    struct pyr_log_record record = {.frame = {.type = 9}, .payload = {payload, sizeof(payload)}, .done = &w.completion};
    if (pyr_log_reserve(log, sizeof(payload), 0, NULL) != PYR_OK)
        abort();
    pyr_log_append(log, &record);
    if (pyr_waiter_wait(&w) != PYR_OK)
        abort();
    pyr_log_close(log);
    return frames;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pyr_vfs_fake *disk = pyr_vfs_fake_new(1);
    struct pyr_vfs *v = pyr_vfs_fake_vfs(disk);
    if (v->ops->mkdir(v, "/l", NULL) != PYR_OK)
        abort();
    uint64_t first_sequence = 1;
    for (uint32_t number = 1; number <= FILES_MAX && size != 0; number++) {
        size_t len = size;
        if (number < FILES_MAX && size > 2) {
            len = (size_t)(data[0] | data[1] << 8) % (size - 1) + 1;
            data += 2;
            size -= 2;
            len = len < size ? len : size;
        }
        make_file(v, number, &first_sequence, data, len);
        data += len;
        size -= len;
    }
    const uint64_t first = open_and_close(v);
    const uint64_t second = open_and_close(v);
    /* What a start replays, the next one replays too, and what was written in between. */
    if (first != UINT64_MAX && second != first + 1)
        abort();
    pyr_vfs_fake_free(disk);
    return 0;
}
