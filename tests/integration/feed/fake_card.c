/* A sound card for ALSA's library that has no hardware: a clock that is fast by PPM, a tone of 1 kHz for the first tenth
 * of each second of CLOCK_MONOTONIC, silence else. While the file GONE exists it is unplugged, while BUSY exists it is in
 * use. An overrun is one where the reader is late by more than the buffer, as with a real one. Configuration:
 * pcm.card { type fakecard ppm 200 gone "/path" busy "/path" } */
#include <alsa/asoundlib.h>
#include <alsa/pcm_external.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

typedef struct {
    snd_pcm_ioplug_t io;
    long ppm;
    char *gone;
    int64_t began_ns, taken;
} card_t;

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static double rate_of(card_t *card) { return card->io.rate * (1 + card->ppm / 1e6); }

static int start(snd_pcm_ioplug_t *io) {
    card_t *card = io->private_data;
    long period_ns = io->period_size * 1000000000LL / io->rate;
    struct itimerspec each = {{0, period_ns}, {0, period_ns}};
    card->began_ns = now_ns();
    card->taken = 0;
    return timerfd_settime(io->poll_fd, 0, &each, NULL);
}

static int prepare(snd_pcm_ioplug_t *io) {
    card_t *card = io->private_data;
    return access(card->gone, F_OK) == 0 ? -ENODEV : 0;
}

static int stop(snd_pcm_ioplug_t *io) {
    struct itimerspec none = {{0, 0}, {0, 0}};
    return timerfd_settime(io->poll_fd, 0, &none, NULL);
}

static snd_pcm_sframes_t pointer(snd_pcm_ioplug_t *io) {
    card_t *card = io->private_data;
    int64_t made = (int64_t)((now_ns() - card->began_ns) / 1e9 * rate_of(card));
    if (access(card->gone, F_OK) == 0 || made - card->taken > (int64_t)io->buffer_size)
        return -EPIPE;
    return made % io->buffer_size;
}

static snd_pcm_sframes_t transfer(snd_pcm_ioplug_t *io, const snd_pcm_channel_area_t *areas, snd_pcm_uframes_t offset,
                                  snd_pcm_uframes_t size) {
    card_t *card = io->private_data;
    for (snd_pcm_uframes_t frame = 0; frame < size; frame++) {
        double at = card->began_ns / 1e9 + (card->taken + frame) / rate_of(card);
        int16_t sample = at - floor(at) < 0.1 ? (int16_t)(12000 * sin(2 * M_PI * 1000 * at)) : 0;
        for (unsigned channel = 0; channel < io->channels; channel++) {
            char *place = (char *)areas[channel].addr + (areas[channel].first + areas[channel].step * (offset + frame)) / 8;
            *(int16_t *)place = sample;
        }
    }
    card->taken += size;
    return size;
}

static int poll_revents(snd_pcm_ioplug_t *io, struct pollfd *fds, unsigned count, unsigned short *events) {
    uint64_t ticks;
    if (read(io->poll_fd, &ticks, sizeof ticks) < 0 && errno != EAGAIN)
        return -errno;
    *events = count && fds[0].revents & POLLIN ? POLLIN : 0;
    return 0;
}

static int shut(snd_pcm_ioplug_t *io) {
    card_t *card = io->private_data;
    close(io->poll_fd);
    free(card->gone);
    free(card);
    return 0;
}

static const snd_pcm_ioplug_callback_t calls = {
    .start = start, .stop = stop, .prepare = prepare, .pointer = pointer, .transfer = transfer,
    .poll_revents = poll_revents, .close = shut};

SND_PCM_PLUGIN_DEFINE_FUNC(fakecard) {
    const char *gone = "", *busy = "";
    long ppm = 0, rate = 48000, channels = 2;
    snd_config_iterator_t at, next;
    snd_config_for_each(at, next, conf) {
        snd_config_t *entry = snd_config_iterator_entry(at);
        const char *id;
        snd_config_get_id(entry, &id);
        if (!strcmp(id, "ppm")) snd_config_get_integer(entry, &ppm);
        if (!strcmp(id, "rate")) snd_config_get_integer(entry, &rate);
        if (!strcmp(id, "channels")) snd_config_get_integer(entry, &channels);
        if (!strcmp(id, "gone")) snd_config_get_string(entry, &gone);
        if (!strcmp(id, "busy")) snd_config_get_string(entry, &busy);
    }
    if (access(gone, F_OK) == 0) return -ENOENT;
    if (access(busy, F_OK) == 0) return -EBUSY;
    card_t *card = calloc(1, sizeof *card);
    card->ppm = ppm;
    card->gone = strdup(gone);
    card->io.version = SND_PCM_IOPLUG_VERSION;
    card->io.name = "a card of the tests";
    card->io.flags = SND_PCM_IOPLUG_FLAG_MONOTONIC;
    card->io.callback = &calls;
    card->io.private_data = card;
    card->io.poll_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    card->io.poll_events = POLLIN;
    int error = snd_pcm_ioplug_create(&card->io, name, stream, mode);
    if (error < 0) return error;
    static const unsigned accesses[] = {SND_PCM_ACCESS_RW_INTERLEAVED}, formats[] = {SND_PCM_FORMAT_S16_LE};
    snd_pcm_ioplug_set_param_list(&card->io, SND_PCM_IOPLUG_HW_ACCESS, 1, accesses);
    snd_pcm_ioplug_set_param_list(&card->io, SND_PCM_IOPLUG_HW_FORMAT, 1, formats);
    snd_pcm_ioplug_set_param_minmax(&card->io, SND_PCM_IOPLUG_HW_CHANNELS, channels, channels);
    snd_pcm_ioplug_set_param_minmax(&card->io, SND_PCM_IOPLUG_HW_RATE, rate, rate);
    snd_pcm_ioplug_set_param_minmax(&card->io, SND_PCM_IOPLUG_HW_PERIOD_BYTES, 64, 1 << 16);
    snd_pcm_ioplug_set_param_minmax(&card->io, SND_PCM_IOPLUG_HW_BUFFER_BYTES, 1 << 10, 1 << 19);
    snd_pcm_ioplug_set_param_minmax(&card->io, SND_PCM_IOPLUG_HW_PERIODS, 2, 1024);
    *pcmp = card->io.pcm;
    return 0;
}
SND_PCM_PLUGIN_SYMBOL(fakecard);
