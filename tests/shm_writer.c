/* shm_writer.c - writes segments by include/petcam_shm.h and nothing else, and so proves that the header is enough.
 *
 *   shm_writer stream|detections|audio NAME [hz=N] [largest=BYTES] [records=N] [half=N]
 *
 * hz       records a second; 0, the default: as fast as it can
 * largest  bytes of the largest access unit, of which most are far smaller, or packet
 * records  publish so many, then only beat the heart
 * half     stop in the middle of writing this record, and sleep
 *
 * Each record is full of a pattern that its number determines (tests/integration/shm/stress.py knows it), so that
 * a reader's caller can see a torn one. SIGTERM ends it cleanly. Prints "ready" when the segment has its name.
 * The steps C1..C5 and W1..W9 are those of docs/shm-layout.md.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <grp.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "petcam_shm.h"

struct options {
	const struct kind *kind;
	const char *name;
	uint64_t hz, largest, records, half;
};

struct kind {
	const char *name, *magic;
	uint64_t segment_size, data_start, data_capacity;
	uint32_t slot_count, slot_size;
	void (*publish)(struct petcam_shm_header *h, const struct options *o, uint64_t n);
};

static volatile sig_atomic_t stopping;

static void on_signal(int number) { (void)number; stopping = 1; }

static void die(const char *what) { perror(what); exit(1); }

static uint64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* CRC-32, eight bytes at a time: the writer has to be faster than its readers. */
static uint32_t crc_table[8][256];

static void crc_prepare(void)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t c = i;
		for (int k = 0; k < 8; k++) c = c >> 1 ^ (c & 1 ? 0xEDB88320u : 0);
		crc_table[0][i] = c;
	}
	for (int t = 1; t < 8; t++)
		for (int i = 0; i < 256; i++)
			crc_table[t][i] = crc_table[t - 1][i] >> 8 ^ crc_table[0][crc_table[t - 1][i] & 255];
}

static uint32_t crc32_of(const void *data, size_t size)
{
	const uint8_t *p = data;
	uint32_t c = 0xFFFFFFFFu;
	for (; size >= 8; size -= 8, p += 8) {
		uint32_t low, high;
		memcpy(&low, p, 4);
		memcpy(&high, p + 4, 4);
		low ^= c;
		c = crc_table[7][low & 255] ^ crc_table[6][low >> 8 & 255] ^ crc_table[5][low >> 16 & 255] ^
		    crc_table[4][low >> 24] ^ crc_table[3][high & 255] ^ crc_table[2][high >> 8 & 255] ^
		    crc_table[1][high >> 16 & 255] ^ crc_table[0][high >> 24];
	}
	for (; size; size--) c = c >> 8 ^ crc_table[0][(c ^ *p++) & 255];
	return c ^ 0xFFFFFFFFu;
}

/* C1..C5 */
static struct petcam_shm_header *create(const struct options *o)
{
	char temporary[256], from[300], to[300];
	snprintf(temporary, sizeof temporary, "%s.new", o->name);
	snprintf(from, sizeof from, "/dev/shm%s", temporary);
	snprintf(to, sizeof to, "/dev/shm%s", o->name);
	size_t size = o->kind->segment_size;

	int lock = open("/dev/shm", O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* C1; its tests start no second writer */
	if (lock < 0 || flock(lock, LOCK_EX)) die("/dev/shm");
	shm_unlink(temporary);
	int fd = shm_open(temporary, O_CREAT | O_EXCL | O_RDWR, 0600); /* O_NOFOLLOW is part of it */
	if (fd < 0) die("shm_open");
	if (ftruncate(fd, (off_t)size) || posix_fallocate(fd, 0, (off_t)size)) die("no room in /dev/shm"); /* C2 */
	struct petcam_shm_header *h = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (h == MAP_FAILED) die("mmap");

	memcpy(h->magic, o->kind->magic, sizeof h->magic); /* C3 */
	h->abi_version = PETCAM_SHM_ABI_VERSION;
	h->header_size = PETCAM_SHM_HEADER_SIZE;
	h->segment_size = size;
	h->slot_count = o->kind->slot_count;
	h->slot_size = o->kind->slot_size;
	h->data_start = o->kind->data_start;
	h->data_capacity = o->kind->data_capacity;
	h->epoch = h->heartbeat_ns = now_ns();
	h->writer_pid = (uint32_t)getpid();
	strcpy(h->writer_name, "shm_writer");
	h->header_crc = crc32_of(h, offsetof(struct petcam_shm_header, header_crc));

	struct group *group = getgrnam("petcam"); /* C4 */
	if (group && fchown(fd, (uid_t)-1, group->gr_gid)) perror("fchown");
	if (fchmod(fd, 0640)) die("fchmod");
	if (rename(from, to)) die("rename"); /* C5 */
	close(lock);
	close(fd);
	return h;
}

static void raise_news(struct petcam_shm_header *h) /* W9 */
{
	__atomic_store_n(&h->news, h->news + 1, __ATOMIC_RELEASE);
	syscall(SYS_futex, &h->news, FUTEX_WAKE, 0x7FFFFFFF, NULL, NULL, 0);
}

static void finish(struct petcam_shm_header *h, uint64_t n, uint64_t *sequence) /* W7..W9 */
{
	__atomic_store_n(sequence, 2 * n + 2, __ATOMIC_RELEASE);
	__atomic_store_n(&h->next_record, n + 1, __ATOMIC_RELEASE);
	__atomic_store_n(&h->heartbeat_ns, now_ns(), __ATOMIC_RELAXED);
	raise_news(h);
}

static void begin(uint64_t n, uint64_t *sequence) /* W4 */
{
	__atomic_store_n(sequence, 2 * n + 1, __ATOMIC_RELAXED);
	atomic_thread_fence(memory_order_release);
}

/* The pattern: all of a record follows from its number. */
static uint64_t mix(uint64_t n)
{
	n = (n + 1) * 0x9E3779B97F4A7C15u;
	return n ^ n >> 29;
}

static uint32_t pattern_size(uint64_t n, uint64_t largest)
{
	uint64_t m = mix(n);
	uint64_t size = m >> 40 & 63 ? 64 + m % 448 : 64 + m % largest; /* one in 64 is large */
	return (uint32_t)(size < largest ? size : largest);
}

static void publish_stream(struct petcam_shm_header *h, const struct options *o, uint64_t n)
{
	static uint8_t data[PETCAM_STREAM_MAX_DATA + 8];
	static uint64_t end; /* of the last record's data */
	uint8_t *base = (uint8_t *)h;
	struct petcam_stream_slot *slots = (void *)(base + PETCAM_SHM_HEADER_SIZE);
	struct petcam_stream_slot *slot = &slots[n % PETCAM_STREAM_SLOT_COUNT];
	struct petcam_stream_slot s = {.sequence = 2 * n + 2, .frame_number = n, .capture_ns = 1000 * n + 1};
	s.data_size = pattern_size(n, o->largest);
	s.flags = n % 30 ? 0 : PETCAM_STREAM_FLAG_KEYFRAME;
	s.width = (uint16_t)(16 + n % 4000);
	s.height = (uint16_t)(16 + n / 7 % 4000);
	uint64_t word = mix(n);
	for (uint32_t i = 0; i < s.data_size; i += 8) memcpy(data + i, &word, 8);
	memcpy(data, "\0\0\0\1", 4);
	s.data_crc = crc32_of(data, s.data_size);

	s.data_position = (end + 63) / 64 * 64; /* W2 */
	uint64_t left = PETCAM_STREAM_DATA_CAPACITY - s.data_position % PETCAM_STREAM_DATA_CAPACITY;
	if (s.data_size > left) s.data_position += left;
	end = s.data_position + s.data_size;

	uint64_t first = h->first_record; /* W3 */
	while (first < n && (n - first >= PETCAM_STREAM_SLOT_COUNT ||
	       slots[first % PETCAM_STREAM_SLOT_COUNT].data_position + PETCAM_STREAM_DATA_CAPACITY < end)) first++;
	__atomic_store_n(&h->first_record, first, __ATOMIC_RELAXED);

	begin(n, &slot->sequence);
	uint8_t *place = base + PETCAM_STREAM_DATA_START + s.data_position % PETCAM_STREAM_DATA_CAPACITY;
	memcpy(place, data, n == o->half ? s.data_size / 2 : s.data_size); /* W5 */
	while (n == o->half) pause();
	s.publish_ns = now_ns(); /* W6 */
	s.slot_crc = crc32_of(&s, offsetof(struct petcam_stream_slot, slot_crc));
	memcpy((uint8_t *)slot + 8, (uint8_t *)&s + 8, sizeof s - 8);
	finish(h, n, &slot->sequence);
}

static void publish_detections(struct petcam_shm_header *h, const struct options *o, uint64_t n)
{
	struct petcam_detections_slot *slots = (void *)((uint8_t *)h + PETCAM_SHM_HEADER_SIZE);
	struct petcam_detections_slot *slot = &slots[n % PETCAM_DETECTIONS_SLOT_COUNT];
	struct petcam_detections_slot s = {.sequence = 2 * n + 2, .frame_number = n, .capture_ns = 1000 * n + 1};
	s.width = 1280;
	s.height = 720;
	s.count = (uint32_t)(n % (PETCAM_DETECTIONS_MAX_BOXES + 1));
	for (uint32_t i = 0; i < s.count; i++) {
		snprintf(s.boxes[i].class_name, PETCAM_CLASS_NAME, "pet-%08x", (unsigned)n);
		s.boxes[i].confidence = (float)(n % 256) / 256;
		s.boxes[i].x = (float)(n % 1024);
		s.boxes[i].y = (float)(n % 512);
		s.boxes[i].w = (float)(1 + n % 128);
		s.boxes[i].h = (float)(1 + i);
	}
	if (n >= PETCAM_DETECTIONS_SLOT_COUNT) /* W3 */
		__atomic_store_n(&h->first_record, n - PETCAM_DETECTIONS_SLOT_COUNT + 1, __ATOMIC_RELAXED);
	begin(n, &slot->sequence);
	s.publish_ns = now_ns(); /* W6 */
	s.slot_crc = crc32_of(&s, offsetof(struct petcam_detections_slot, slot_crc));
	memcpy((uint8_t *)slot + 8, (uint8_t *)&s + 8, n == o->half ? sizeof s / 2 : sizeof s - 8);
	while (n == o->half) pause();
	finish(h, n, &slot->sequence);
}

static void publish_audio(struct petcam_shm_header *h, const struct options *o, uint64_t n)
{
	static uint8_t data[PETCAM_AUDIO_MAX_DATA + 8];
	static uint64_t end; /* of the last record's data */
	uint8_t *base = (uint8_t *)h;
	struct petcam_audio_slot *slots = (void *)(base + PETCAM_SHM_HEADER_SIZE);
	struct petcam_audio_slot *slot = &slots[n % PETCAM_AUDIO_SLOT_COUNT];
	struct petcam_audio_slot s = {.sequence = 2 * n + 2, .packet_number = n, .capture_ns = 1000 * n + 1};
	uint64_t word = mix(n);
	s.data_size = (uint32_t)(1 + word % (o->largest < PETCAM_AUDIO_MAX_DATA ? o->largest : PETCAM_AUDIO_MAX_DATA));
	s.flags = n % 7 ? 0 : PETCAM_AUDIO_FLAG_DISCONTINUITY;
	s.samples = PETCAM_AUDIO_SAMPLES;
	s.rms = (int16_t)-(int)(n % 9601);
	s.peak = (int16_t)-(int)(n / 7 % 9601);
	for (uint32_t i = 0; i < s.data_size; i += 8) memcpy(data + i, &word, 8);
	data[0] = 0xF8; /* one frame of 20 ms, mono */
	s.data_crc = crc32_of(data, s.data_size);

	s.data_position = (end + 7) / 8 * 8; /* W2 */
	uint64_t left = PETCAM_AUDIO_DATA_CAPACITY - s.data_position % PETCAM_AUDIO_DATA_CAPACITY;
	if (s.data_size > left) s.data_position += left;
	end = s.data_position + s.data_size;

	uint64_t first = h->first_record; /* W3 */
	while (first < n && (n - first >= PETCAM_AUDIO_SLOT_COUNT ||
	       slots[first % PETCAM_AUDIO_SLOT_COUNT].data_position + PETCAM_AUDIO_DATA_CAPACITY < end)) first++;
	__atomic_store_n(&h->first_record, first, __ATOMIC_RELAXED);

	begin(n, &slot->sequence);
	uint8_t *place = base + PETCAM_AUDIO_DATA_START + s.data_position % PETCAM_AUDIO_DATA_CAPACITY;
	memcpy(place, data, n == o->half ? s.data_size / 2 : s.data_size); /* W5 */
	while (n == o->half) pause();
	s.publish_ns = now_ns(); /* W6 */
	s.slot_crc = crc32_of(&s, offsetof(struct petcam_audio_slot, slot_crc));
	memcpy((uint8_t *)slot + 8, (uint8_t *)&s + 8, sizeof s - 8);
	finish(h, n, &slot->sequence);
}

static const struct kind kinds[] = {
	{"stream", PETCAM_SHM_MAGIC_STREAM, PETCAM_STREAM_SEGMENT_SIZE, PETCAM_STREAM_DATA_START,
	 PETCAM_STREAM_DATA_CAPACITY, PETCAM_STREAM_SLOT_COUNT, PETCAM_STREAM_SLOT_SIZE, publish_stream},
	{"detections", PETCAM_SHM_MAGIC_DETECTIONS, PETCAM_DETECTIONS_SEGMENT_SIZE, 0,
	 0, PETCAM_DETECTIONS_SLOT_COUNT, PETCAM_DETECTIONS_SLOT_SIZE, publish_detections},
	{"audio", PETCAM_SHM_MAGIC_AUDIO, PETCAM_AUDIO_SEGMENT_SIZE, PETCAM_AUDIO_DATA_START,
	 PETCAM_AUDIO_DATA_CAPACITY, PETCAM_AUDIO_SLOT_COUNT, PETCAM_AUDIO_SLOT_SIZE, publish_audio},
};

/* Sleeps until the next record is due and beats the heart meanwhile. */
static void pace(struct petcam_shm_header *h, uint64_t due_ns)
{
	for (uint64_t now = now_ns(); now < due_ns && !stopping; now = now_ns()) {
		uint64_t left = due_ns - now;
		if (left > PETCAM_SHM_HEARTBEAT_NS / 2) left = PETCAM_SHM_HEARTBEAT_NS / 2;
		struct timespec t = {.tv_sec = 0, .tv_nsec = (long)left};
		nanosleep(&t, NULL);
		__atomic_store_n(&h->heartbeat_ns, now_ns(), __ATOMIC_RELAXED);
	}
}

static struct options parse(int count, char **words)
{
	struct options o = {.largest = 1 << 18, .records = UINT64_MAX, .half = UINT64_MAX};
	if (count < 3) exit(2);
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (!strcmp(words[1], kinds[i].name)) o.kind = &kinds[i];
	if (!o.kind) exit(2);
	o.name = words[2];
	for (int i = 3; i < count; i++) {
		unsigned long long value;
		if (sscanf(words[i], "hz=%llu", &value) == 1) o.hz = value;
		else if (sscanf(words[i], "largest=%llu", &value) == 1) o.largest = value;
		else if (sscanf(words[i], "records=%llu", &value) == 1) o.records = value;
		else if (sscanf(words[i], "half=%llu", &value) == 1) o.half = value;
		else exit(2);
	}
	return o;
}

int main(int count, char **words)
{
	struct options o = parse(count, words);
	struct sigaction action = {.sa_handler = on_signal};
	sigaction(SIGTERM, &action, NULL);
	crc_prepare();
	struct petcam_shm_header *h = create(&o);
	puts("ready");
	fflush(stdout);
	uint64_t start = now_ns();
	for (uint64_t n = 0; n < o.records && !stopping; n++) {
		o.kind->publish(h, &o, n);
		if (o.hz) pace(h, start + (n + 1) * 1000000000u / o.hz);
	}
	while (!stopping) pace(h, UINT64_MAX);
	shm_unlink(o.name);
	raise_news(h);
	printf("%llu records in %.3f s\n", (unsigned long long)h->next_record, (double)(now_ns() - start) / 1e9);
	return 0;
}
