#include "os/signals.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>

#include "os/errors.h"

namespace penstock::os {

Result<SignalQueue> SignalQueue::open(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (int signal : signals) sigaddset(&set, signal);
  SignalQueue queue;
  queue.fd_.reset(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!queue.fd_) return system_error("can't watch for signals", errno);
  pthread_sigmask(SIG_BLOCK, &set, &queue.before_);
  return queue;
}

SignalQueue::SignalQueue(SignalQueue&& other) noexcept : fd_(std::move(other.fd_)), before_(other.before_) {}

SignalQueue::~SignalQueue() {
  if (fd_) pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

std::optional<int> SignalQueue::next() {
  signalfd_siginfo info{};
  ssize_t got = 0;
  do {
    got = ::read(fd_.get(), &info, sizeof info);
  } while (got < 0 && errno == EINTR);
  if (got != static_cast<ssize_t>(sizeof info)) return std::nullopt;
  return static_cast<int>(info.ssi_signo);
}

SignalShelter::SignalShelter() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGWINCH}) sigaddset(&set, signal);
  pthread_sigmask(SIG_BLOCK, &set, &before_);
}

SignalShelter::~SignalShelter() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

}  // namespace penstock::os
