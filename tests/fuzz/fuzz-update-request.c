/* SPDX-License-Identifier: MIT */
/* Any bytes as a request line, from each kind of peer: docs/worker-protocol.md.
 *
 * Besides what sanitizers see: a refusal has an id, and what a daemon may not say is refused. */
#include <stdint.h>
#include <stdlib.h>

#include "update/operation.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void parse(const char *line, size_t size, Peer peer)
{
    _cleanup_failure_ Failure failure = {0};
    Request request;
    int r = request_parse(line, size, peer, &request, &failure);

    if ((r < 0) != (failure.id != ERROR_NONE))
        abort();
    if (r == 0 && peer == PEER_OTHER)
        abort();
    if (r == 0 && peer == PEER_AGENT &&
        (!request.operation->for_agent || request.args.sysroot || request.args.refspec ||
         request.args.allow_downgrade))
        abort();
    request_clear(&request);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    parse((const char *)data, size, PEER_OWNER);
    parse((const char *)data, size, PEER_AGENT);
    parse((const char *)data, size, PEER_OTHER);
    return 0;
}
