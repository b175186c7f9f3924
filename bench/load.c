/* A load generator for one HTTP/1.1 server on loopback.
 *
 *     load PORT CONNECTIONS SECONDS REQUEST-FILE...
 *     load --hold PORT CONNECTIONS SECONDS REQUEST-FILE
 *
 * Each connection sends its request (file number i modulo the number of files), waits for the whole answer and sends it
 * again. Prints one JSON object: requests per second, latencies in milliseconds, answers that were not 2xx. With --hold
 * the requests are polls that the server holds: it prints "held" once all are sent, and answers are counted, not timed.
 *
 * Answers must carry a Content-Length or be chunked; nothing is pipelined. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { HEAD_MAX = 8192 };

struct request {
    char *bytes;
    size_t length;
};

struct connection {
    int fd;
    const struct request *request;
    size_t sent;
    int64_t began_us;
    char head[HEAD_MAX]; /* of the answer, until its blank line was seen */
    size_t head_length;
    bool in_body, chunked;
    int64_t body_left; /* by Content-Length */
    char tail[5];      /* the last bytes of a chunked body */
};

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static struct request read_request(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        die(path);
    struct request request = {malloc(4 * 1024 * 1024), 0};
    request.length = fread(request.bytes, 1, 4 * 1024 * 1024, file);
    fclose(file);
    return request;
}

static void open_connection(struct connection *c, int port, int epoll)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    int one = 1;
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&address, sizeof address))
        die("connect");
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(c->fd, F_SETFL, O_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &event);
}

/* Requests are small: what the socket does not take at once is waited for. */
static void send_request(struct connection *c)
{
    c->began_us = now_us();
    c->head_length = 0;
    c->in_body = false;
    for (c->sent = 0; c->sent < c->request->length;) {
        ssize_t n = write(c->fd, c->request->bytes + c->sent, c->request->length - c->sent);
        if (n > 0)
            c->sent += (size_t)n;
        else if (errno != EAGAIN)
            die("write");
    }
}

static void begin_body(struct connection *c, size_t head_length)
{
    c->head[head_length] = 0;
    const char *length = strcasestr(c->head, "\r\nContent-Length:");
    c->chunked = strcasestr(c->head, "\r\nTransfer-Encoding: chunked") != NULL;
    c->body_left = length ? atoll(length + strlen("\r\nContent-Length:")) : 0;
    c->in_body = true;
    memset(c->tail, 0, sizeof c->tail);
}

/* Takes body bytes; true when the answer is whole. */
static bool take_body(struct connection *c, const char *bytes, size_t length)
{
    if (!c->chunked) {
        c->body_left -= (int64_t)length;
        return c->body_left <= 0;
    }
    for (size_t i = length > sizeof c->tail ? length - sizeof c->tail : 0; i < length; i++) {
        memmove(c->tail, c->tail + 1, sizeof c->tail - 1);
        c->tail[sizeof c->tail - 1] = bytes[i];
    }
    return memcmp(c->tail, "0\r\n\r\n", sizeof c->tail) == 0;
}

/* Reads what is there; true when the answer is whole. */
static bool receive(struct connection *c)
{
    static char bytes[256 * 1024];
    ssize_t n;
    while ((n = read(c->fd, bytes, sizeof bytes)) > 0) {
        size_t at = 0;
        if (!c->in_body) {
            size_t taken = (size_t)n < HEAD_MAX - 1 - c->head_length ? (size_t)n : HEAD_MAX - 1 - c->head_length;
            memcpy(c->head + c->head_length, bytes, taken);
            c->head[c->head_length + taken] = 0;
            char *end = strstr(c->head, "\r\n\r\n");
            if (!end) {
                c->head_length += taken;
                continue;
            }
            size_t head = (size_t)(end - c->head) + 4;
            at = head - c->head_length;
            begin_body(c, head);
        }
        if (take_body(c, bytes + at, (size_t)n - at))
            return true;
    }
    if (n == 0 || (n < 0 && errno != EAGAIN))
        die("the server closed a connection");
    return false;
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static void report(int64_t *latencies, size_t count, size_t bad, double seconds)
{
    qsort(latencies, count, sizeof *latencies, by_value);
    double p50 = count ? (double)latencies[count / 2] / 1000 : 0;
    double p99 = count ? (double)latencies[count * 99 / 100] / 1000 : 0;
    printf("{\"rate\":%.1f,\"p50\":%.3f,\"p99\":%.3f,\"answers\":%zu,\"bad\":%zu}\n", (double)count / seconds, p50, p99,
           count, bad);
}

int main(int argc, char **argv)
{
    bool hold = argc > 1 && strcmp(argv[1], "--hold") == 0;
    char **arguments = argv + 1 + hold;
    int count = argc - 1 - hold;
    if (count < 4) {
        fputs("usage: load [--hold] PORT CONNECTIONS SECONDS REQUEST-FILE...\n", stderr);
        return 2;
    }
    int port = atoi(arguments[0]), connections = atoi(arguments[1]);
    double seconds = atof(arguments[2]);
    int files = count - 3;
    struct request *requests = calloc((size_t)files, sizeof *requests);
    for (int i = 0; i < files; i++)
        requests[i] = read_request(arguments[3 + i]);
    struct rlimit limit = {(rlim_t)connections + 100, (rlim_t)connections + 100};
    setrlimit(RLIMIT_NOFILE, &limit);

    int epoll = epoll_create1(0);
    struct connection *all = calloc((size_t)connections, sizeof *all);
    for (int i = 0; i < connections; i++) {
        all[i].request = &requests[i % files];
        open_connection(&all[i], port, epoll);
        send_request(&all[i]);
    }
    if (hold) {
        puts("held");
        fflush(stdout);
    }
    size_t capacity = 1 << 20, answers = 0, bad = 0;
    int64_t *latencies = malloc(capacity * sizeof *latencies);
    int64_t start = now_us(), end = start + (int64_t)(seconds * 1e6);
    while (now_us() < end) {
        struct epoll_event events[256];
        int ready = epoll_wait(epoll, events, 256, 50);
        for (int i = 0; i < ready; i++) {
            struct connection *c = events[i].data.ptr;
            if (!receive(c))
                continue;
            if (answers == capacity)
                latencies = realloc(latencies, (capacity *= 2) * sizeof *latencies);
            latencies[answers++] = now_us() - c->began_us;
            bad += memcmp(c->head, "HTTP/1.1 2", 10) != 0;
            send_request(c);
        }
    }
    report(latencies, answers, bad, (double)(now_us() - start) / 1e6);
    return 0;
}
