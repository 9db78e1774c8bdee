// SPDX-License-Identifier: Apache-2.0
#pragma once
// How well tracks keep identities: IDF1 (Ristani et al. 2016, section 4) and identity switches
// (CLEAR MOT, Bernardin and Stiefelhagen 2008).

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "vision/object.hpp"

namespace fovea::testing_support {

class IdentityScore {
 public:
  /// One frame: `truth` and `tracked`, each object with its track.
  void add(const std::vector<vision::Object>& truth, const std::vector<vision::Object>& tracked);

  double idf1() const;
  int switches() const { return switches_; }
  /// Track numbers ever seen.
  std::size_t tracks() const { return tracks_.size(); }

 private:
  using Id = std::int64_t;
  std::map<std::pair<Id, Id>, int> together_;  // (truth, track): frames in which they overlap
  std::map<Id, Id> last_;                      // truth: the track it last had
  std::set<Id> truths_, tracks_;
  int truth_boxes_ = 0, tracked_boxes_ = 0, switches_ = 0;
};

}  // namespace fovea::testing_support
