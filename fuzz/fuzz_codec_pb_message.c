/* Bytes as a message: whatever decodes is written and read again without change, in the binary and in the JSON form. The
 * first byte chooses the message. */
#include "base/assert.h"
#include "codec/gen/push.pb.h"
#include "codec/gen/querier.pb.h"
#include "support/gen/all_types.pb.c"

enum { LIMIT = 16 << 20 };

static const struct pyr_pb_message *choose(uint8_t by)
{
    static const struct pyr_pb_message *const messages[] = {
        &pyr_test_Odd_pb,
        &pyr_test_Optional_pb,
        &pyr_push_v1_PushRequest_pb,
        &pyr_querier_v1_SelectMergeStacktracesRequest_pb,
        &pyr_querier_v1_SelectMergeStacktracesResponse_pb,
        &pyr_querier_v1_SelectSeriesResponse_pb,
    };
    return messages[by % PYR_COUNT_OF(messages)];
}

static void assert_same(const struct pyr_buf *a, const struct pyr_buf *b)
{
    PYR_ASSERT(a->err == PYR_OK && b->err == PYR_OK && a->len == b->len);
    PYR_ASSERT(a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

static void check(const struct pyr_pb_message *m, const void *msg, struct pyr_arena *arena)
{
    struct pyr_buf binary, again, text, retext;
    struct pyr_buf *all[] = {&binary, &again, &text, &retext};
    for (size_t i = 0; i < PYR_COUNT_OF(all); i++)
        pyr_buf_init(all[i], LIMIT);
    void *copy = pyr_arena_zalloc(arena, 1, m->size);
    PYR_ASSERT(copy != NULL);

    pyr_pb_encode(m, msg, &binary);
    PYR_ASSERT(pyr_pb_decode(m, pyr_buf_span(&binary), arena, copy, NULL) == PYR_OK);
    pyr_pb_encode(m, copy, &again);
    assert_same(&binary, &again);

    /* The first time, bytes that are no text are replaced, and NaNs lose their differences. */
    pyr_pb_json_encode(m, msg, &text);
    const pyr_err err = pyr_pb_json_decode(m, pyr_buf_span(&text), arena, copy, NULL);
    PYR_ASSERT(err == PYR_OK || err == PYR_E_NOMEM);
    if (err == PYR_OK) {
        pyr_pb_json_encode(m, copy, &retext);
        assert_same(&text, &retext);
    }
    for (size_t i = 0; i < PYR_COUNT_OF(all); i++)
        pyr_buf_free(all[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const struct pyr_pb_message *m = choose(data[0]);
    struct pyr_arena arena;
    struct pyr_diag diag = {0};
    pyr_arena_init(&arena, LIMIT, NULL);
    void *msg = pyr_arena_zalloc(&arena, 1, m->size);
    PYR_ASSERT(msg != NULL);
    if (pyr_pb_decode(m, (struct pyr_span){data + 1, size - 1}, &arena, msg, &diag) == PYR_OK)
        check(m, msg, &arena);
    else
        PYR_ASSERT(diag.message[0] != '\0');
    pyr_arena_free(&arena);
    return 0;
}
