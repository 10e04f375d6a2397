/* Recodes messages for tests that compare with another implementation. Standard input holds requests, one after the other:
 *     <pb|json> <pb|json> <message's full name> <length>\n<bytes>
 * and each is answered by "ok <length>\n<bytes>" or "<error's name> <length>\n<message>". */
#include "codec/gen/feature_flags.pb.h"
#include "codec/gen/profile.pb.h"
#include "codec/gen/push.pb.h"
#include "codec/gen/querier.pb.h"
#include "codec/gen/types.pb.h"
#include "codec/gen/version.pb.h"
#include "support/gen/all_types.pb.h"
#include <stdio.h>
#include <stdlib.h>

enum { LIMIT_BYTES = 256 << 20 };

static const struct pyr_pb_message *find(const char *name)
{
    const struct pyr_pb_message *const *const files[] = {
        pyr_pb_messages_feature_flags, pyr_pb_messages_profile, pyr_pb_messages_push,      pyr_pb_messages_querier,
        pyr_pb_messages_types,         pyr_pb_messages_version, pyr_pb_messages_all_types,
    };
    for (size_t i = 0; i < PYR_COUNT_OF(files); i++)
        for (const struct pyr_pb_message *const *m = files[i]; *m != NULL; m++)
            if (strcmp((*m)->name, name) == 0)
                return *m;
    fprintf(stderr, "pb_tool: no message %s\n", name);
    exit(2);
}

static void answer(const char *status, struct pyr_span bytes)
{
    printf("%s %zu\n", status, bytes.len);
    if (bytes.len != 0)
        fwrite(bytes.ptr, 1, bytes.len, stdout);
    fflush(stdout);
}

static void recode(const struct pyr_pb_message *m, bool from_json, bool to_json, struct pyr_span in)
{
    struct pyr_arena arena;
    struct pyr_diag diag = {0};
    struct pyr_buf out;
    pyr_arena_init(&arena, LIMIT_BYTES, NULL);
    pyr_buf_init(&out, LIMIT_BYTES);
    void *msg = pyr_arena_zalloc(&arena, 1, m->size);
    const pyr_err err = (from_json ? pyr_pb_json_decode : pyr_pb_decode)(m, in, &arena, msg, &diag);
    if (err == PYR_OK) {
        (to_json ? pyr_pb_json_encode : pyr_pb_encode)(m, msg, &out);
        answer(out.err == PYR_OK ? "ok" : pyr_err_name(out.err), pyr_buf_span(&out));
    } else {
        answer(pyr_err_name(err), pyr_str_span(pyr_str_of(diag.message)));
    }
    pyr_buf_free(&out);
    pyr_arena_free(&arena);
}

int main(void)
{
    char from[8], to[8], name[128];
    size_t len;
    while (scanf("%7s %7s %127s %zu", from, to, name, &len) == 4 && getchar() == '\n') {
        /* Exactly as long as the input, so that the sanitizer sees a read past its end. */
        uint8_t *bytes = malloc(len != 0 ? len : 1);
        if (bytes == NULL || fread(bytes, 1, len, stdin) != len)
            return 1;
        recode(find(name), from[0] == 'j', to[0] == 'j', (struct pyr_span){bytes, len});
        free(bytes);
    }
    return 0;
}
