#include "deployments/service_drive.h"

#include <sys/eventfd.h>

#include <utility>

#include "deployments/drive.h"

namespace penstock {

/// A folder of its own to write in, and all functions carried out by the owner.
DeploymentParts Deployments::ServiceDrive::parts_for(const DeploymentParts& parts, CallQueue& owner, int64_t rollout) {
  DeploymentParts own = parts;
  own.open = [&parts, &owner](const EnvironmentSpec& spec, const SecretVersions& secrets) {
    return owner.ask([&] { return parts.open(spec, secrets); });
  };
  own.is_ancestor = [&parts, &owner](const std::string& ancestor, const std::string& descendant) {
    return owner.ask([&] { return parts.is_ancestor(ancestor, descendant); });
  };
  own.read_file = [&parts, &owner](const std::string& commit, const std::string& path) {
    return owner.ask([&] { return parts.read_file(commit, path); });
  };
  if (parts.progress) {
    own.progress = [&parts, &owner](const std::string& text) { owner.ask([&] { parts.progress(text); }); };
  }
  if (parts.secret) {
    own.secret = [&parts, &owner](const std::string& name) { return owner.ask([&] { return parts.secret(name); }); };
  }
  own.scratch /= std::to_string(rollout);
  return own;
}

Deployments::ServiceDrive::ServiceDrive(const DeploymentParts& parts, CallQueue& owner, RolloutObserver& observer,
                                        Options options)
    : owner_(owner),
      observer_(observer),
      options_(std::move(options)),
      deployments_(parts_for(parts, owner, options_.rollout)),
      waiter_(parts.clock),
      mail_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  std::error_code already_there;  // what is written there says what went wrong
  std::filesystem::create_directories(deployments_.parts_.scratch, already_there);
  thread_ = std::thread([this] { drive(); });
}

void Deployments::ServiceDrive::drive() {
  waiter_.watch(mail_.get(), [this] { take_mail(); });
  auto end = deployments_.drive_one(options_.rollout, waiter_, *this, options_.stay, std::move(options_.wishes));
  owner_.ask([&] { end_.emplace(std::move(end)); });
}

void Deployments::ServiceDrive::take_mail() {
  std::vector<rollout_event::Steered> wishes;
  bool leave = false;
  {
    const std::lock_guard lock(mutex_);
    eventfd_t count = 0;
    (void)::eventfd_read(mail_.get(), &count);
    wishes = std::exchange(wishes_, {});
    leave = std::exchange(leave_, false);
  }
  for (rollout_event::Steered& wish : wishes) deployments_.steer(std::move(wish));
  if (leave) deployments_.leave();
}

void Deployments::ServiceDrive::steer(rollout_event::Steered steered) {
  const std::lock_guard lock(mutex_);
  wishes_.push_back(std::move(steered));
  (void)::eventfd_write(mail_.get(), 1);
}

void Deployments::ServiceDrive::abort(const rollout_event::Steered& steered) {
  if (!std::exchange(aborted_, true)) steer(steered);
}

void Deployments::ServiceDrive::leave() {
  const std::lock_guard lock(mutex_);
  leave_ = true;
  (void)::eventfd_write(mail_.get(), 1);
}

void Deployments::ServiceDrive::changed(const RolloutRecord& record, const RolloutView& view) {
  owner_.ask([&] {
    phase_ = view.phase;
    observer_.changed(record, view);
  });
  take_mail();
}

void Deployments::ServiceDrive::said(Instant at, const std::string& line) {
  owner_.ask([&] { observer_.said(at, options_.service + ": " + line); });
  take_mail();
}

}  // namespace penstock
