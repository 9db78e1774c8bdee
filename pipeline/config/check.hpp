// SPDX-License-Identifier: Apache-2.0
#pragma once
// The passes of the checker, in order. Each adds what it finds and goes on.

#include <cstddef>
#include <vector>

#include "compute/error.hpp"
#include "pipeline/config/config.hpp"
#include "pipeline/config/keys.hpp"
#include "pipeline/config/tree.hpp"

namespace fovea::pipeline {

/// Keys, types, ranges: fills `config` with what is right.
void check_structure(const Document& document, RunConfig& config, std::vector<Fault>& faults);
/// One section's keys, from the map that is the document's root, into the struct it describes.
void check_section(const Document& document, const Section& section, void* target,
                   std::vector<Fault>& faults);
/// Needs and gives: is there a stage before that makes what this one reads?
void check_chain(const RunConfig& config, std::vector<Fault>& faults);
/// Shapes, names and sources of a `zones` stage; scores of a `track` stage.
void check_zones(const ZonesConfig& zones, const RunConfig& config, std::vector<Fault>& faults);
/// Where stages stand that work by spectra; others are passed over.
void check_spectral(const RunConfig& config, std::size_t place, std::vector<Fault>& faults);
void check_track(const TrackConfig& track, std::vector<Fault>& faults);
/// The attend stage at `place` of the chain: does it fit the model before it, and its own keys?
void check_attend(const RunConfig& config, std::size_t place, std::vector<Fault>& faults);
/// Has that model, on this machine, such a layer, head or token?
void check_attend_model(const RunConfig& config, std::size_t place, std::vector<Fault>& faults);
/// Splits an Error's text into what it says and how to fix it.
Fault to_fault(const Place& place, const Error& error);
/// Address and token of a `webhook` sink; no fault repeats them.
void check_webhook(const WebhookConfig& hook, const Place& place, std::vector<Fault>& faults);
/// Streams: keys that fit the kind of source, addresses, and keys of live runs where there is none.
void check_live(const Document& document, const RunConfig& config, std::vector<Fault>& faults);
/// The page: a live run, an address that can be read, a token where others reach it.
void check_view(const RunConfig& config, std::vector<Fault>& faults);
/// Pictures, lists, models, class names, output folders on this machine.
void check_files(const RunConfig& config, std::vector<Fault>& faults);

}  // namespace fovea::pipeline
