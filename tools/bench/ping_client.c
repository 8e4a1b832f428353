/* Round trips of a no-op, timed by a client in C: from the last octet of the CLTU written to the last octet read of the coded frame that
 * completes both TM[17,2] and TM[1,7] of that request.
 *
 * ping_client TC_PORT TM_PORT TICK_US SETTLE_US < CLTUs        each CLTU: length (4 octets, big-endian), request identifier (4 octets), octets
 *
 * One request at a time, each after a pause of zero to one tick, so that it meets every phase of the tick. Prints one latency in
 * nanoseconds a line. Telemetry is read without correction: over a local socket the codeblock's first octets are the frame.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CADU = 1279, MARKER = 4, FRAME = 1115, HEADER = 6, DATA_END = 1109, CHANNELS = 8, ROOM = 1 << 17 };

struct channel { uint8_t octets[ROOM]; size_t used; int aligned; };

static uint8_t pseudo_noise[255];
static struct channel channels[CHANNELS];
static uint32_t wanted;
static int seen_reply, seen_completion;

static int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* CCSDS 131.0-B-3, 10.4.1: h(x) = x^8 + x^7 + x^5 + x^3 + 1, all ones at the start. */
static void make_pseudo_noise(void) {
    unsigned state = 0xFF;
    for (int i = 0; i < 255; i++) {
        unsigned octet = 0;
        for (int bit = 0; bit < 8; bit++) {
            unsigned next = (state ^ (state >> 3) ^ (state >> 5) ^ (state >> 7)) & 1;
            octet = (octet << 1) | (state & 1);
            state = (state >> 1) | (next << 7);
        }
        pseudo_noise[i] = (uint8_t)octet;
    }
}

static int dial(int port) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int on = 1, s = socket(AF_INET, SOCK_STREAM, 0);
    if (s < 0 || connect(s, (struct sockaddr *)&to, sizeof to) != 0) { perror("connect"); exit(2); }
    setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return s;
}

/* A telemetry packet: which report, and for service 1 which request it speaks of. */
static void take_packet(const uint8_t *p, size_t length) {
    if (length < 22 || ((p[0] & 7) << 8 | p[1]) == 0x7FF) return;
    int service = p[7], subtype = p[8];
    uint32_t request = length >= 26 ? (uint32_t)p[20] << 24 | p[21] << 16 | p[22] << 8 | p[23] : 0;
    if (service == 17 && subtype == 2) seen_reply = 1;
    if (service == 1 && subtype == 7 && request == wanted) seen_completion = 1;
    if (service == 1 && subtype % 2 == 0 && request == wanted) { fprintf(stderr, "request refused: TM[1,%d]\n", subtype); exit(3); }
}

static void take_frame(const uint8_t *frame) {
    int number = frame[1] >> 1 & 7;
    unsigned pointer = (frame[4] & 7) << 8 | frame[5];
    struct channel *c = &channels[number];
    if (pointer == 0x7FE) return;
    const uint8_t *data = frame + HEADER;
    size_t n = DATA_END - HEADER;
    if (!c->aligned) {
        if (pointer == 0x7FF) return;
        data += pointer;
        n -= pointer;
        c->used = 0;
        c->aligned = 1;
    }
    if (c->used + n > ROOM) { fprintf(stderr, "a packet is longer than a packet can be\n"); exit(3); }
    memcpy(c->octets + c->used, data, n);
    c->used += n;
    size_t at = 0;
    while (c->used - at >= 6) {
        size_t length = 7 + (size_t)(c->octets[at + 4] << 8 | c->octets[at + 5]);
        if (c->used - at < length) break;
        take_packet(c->octets + at, length);
        at += length;
    }
    memmove(c->octets, c->octets + at, c->used - at);
    c->used -= at;
}

/* Read the next coded frame; the stream of a fresh connection begins with a marker. */
static void next_frame(int tm) {
    static const uint8_t marker[MARKER] = {0x1A, 0xCF, 0xFC, 0x1D};
    uint8_t cadu[CADU];
    size_t have = 0;
    while (have < CADU) {
        ssize_t n = recv(tm, cadu + have, CADU - have, 0);
        if (n <= 0) { fprintf(stderr, "telemetry ended\n"); exit(3); }
        have += (size_t)n;
    }
    if (memcmp(cadu, marker, MARKER) != 0) { fprintf(stderr, "no marker where one is due\n"); exit(3); }
    for (int i = 0; i < FRAME; i++) cadu[MARKER + i] ^= pseudo_noise[i % 255];
    take_frame(cadu + MARKER);
}

static uint32_t word(FILE *in, int *end) {
    uint8_t b[4];
    *end = fread(b, 1, 4, in) != 4;
    return (uint32_t)b[0] << 24 | b[1] << 16 | b[2] << 8 | b[3];
}

int main(int argc, char **argv) {
    static uint8_t cltu[65536];
    uint32_t random = 12345;
    int end;
    if (argc != 5) return 2;
    make_pseudo_noise();
    int tc = dial(atoi(argv[1])), tm = dial(atoi(argv[2]));
    long tick_ns = atol(argv[3]) * 1000;
    usleep((useconds_t)atol(argv[4]));          /* the door has taken both connections ... */
    next_frame(tm);                             /* ... and gives us frames: an idle one comes each second */
    for (;;) {
        uint32_t length = word(stdin, &end);
        if (end || length > sizeof cltu) break;
        wanted = word(stdin, &end);
        if (fread(cltu, 1, length, stdin) != length) return 2;
        random = random * 1664525u + 1013904223u;
        struct timespec pause = {0, (long)((double)random / 4294967296.0 * tick_ns)};
        nanosleep(&pause, NULL);
        alarm(60);                              /* a reply that never comes ends this, and is no hang */
        seen_reply = seen_completion = 0;
        for (uint32_t at = 0; at < length;) {
            ssize_t n = send(tc, cltu + at, length - at, 0);
            if (n <= 0) { perror("send"); return 3; }
            at += (uint32_t)n;
        }
        int64_t sent = now_ns();
        while (!seen_reply || !seen_completion) next_frame(tm);
        printf("%lld\n", (long long)(now_ns() - sent));
    }
    return 0;
}
