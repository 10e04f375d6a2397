#include "net/http2.h"
#include "net/connection.h"

void pyr_http2_init(struct pyr_connection *c)
{
    pyr_connection_close(c);
}
