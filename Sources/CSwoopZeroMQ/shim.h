// What Swift sees of libzmq: its one public header. SwoopTransport alone imports this module.
#ifndef SWOOP_ZEROMQ_SHIM_H
#define SWOOP_ZEROMQ_SHIM_H
#include <zmq.h>
#endif
