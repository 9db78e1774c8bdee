// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/track/identity_score.hpp"

#include "vision/track/assignment.hpp"

namespace fovea::testing_support {

void IdentityScore::add(const std::vector<vision::Object>& truth,
                        const std::vector<vision::Object>& tracked) {
  std::vector<double> distances;
  for (const auto& real : truth) {
    truths_.insert(*real.track);
    const auto last = last_.find(*real.track);
    for (const auto& object : tracked) {
      const double distance = 1 - static_cast<double>(vision::iou(real.box, object.box));
      const bool fits = real.id == object.id && distance <= 0.5;
      if (fits) ++together_[{*real.track, *object.track}];
      // As CLEAR MOT wants it: who was together before and still fits stays together.
      const bool before = last != last_.end() && last->second == *object.track;
      distances.push_back(!fits ? 10 : before ? distance - 10 : distance);
    }
  }
  for (const auto& object : tracked) tracks_.insert(*object.track);
  truth_boxes_ += static_cast<int>(truth.size());
  tracked_boxes_ += static_cast<int>(tracked.size());

  const auto matched = vision::match_rows(distances, truth.size(), tracked.size(), 1);
  for (std::size_t i = 0; i < truth.size(); ++i) {
    if (matched[i] == vision::kUnmatched) continue;
    const Id track = *tracked[matched[i]].track;
    const auto [last, first_time] = last_.try_emplace(*truth[i].track, track);
    if (!first_time && last->second != track) ++switches_;
    last->second = track;
  }
}

double IdentityScore::idf1() const {
  // The one-to-one matching of identities with the most frames in common.
  std::vector<double> costs;
  for (const Id real : truths_) {
    for (const Id track : tracks_) {
      const auto found = together_.find({real, track});
      costs.push_back(found == together_.end() ? 0 : -found->second);
    }
  }
  const auto matched = vision::match_rows(costs, truths_.size(), tracks_.size(), 0);
  double common = 0;
  for (std::size_t i = 0; i < matched.size(); ++i) {
    if (matched[i] != vision::kUnmatched) common -= costs[i * tracks_.size() + matched[i]];
  }
  return 2 * common / (truth_boxes_ + tracked_boxes_);
}

}  // namespace fovea::testing_support
