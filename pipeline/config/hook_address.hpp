// SPDX-License-Identifier: Apache-2.0
#pragma once
// The address of a webhook, whose user, path and query are as often as not the secret itself.
// Pure functions.

#include <string>
#include <string_view>

namespace fovea::pipeline {

/// What stands for a secret that is not shown.
inline constexpr std::string_view kHidden = "***";

/// An http or https address: scheme, where one is named a user, a host, a port.
bool is_hook_address(std::string_view url);

/// "https://hooks.example.org:8443/***": for everything that is printed, logged or written. As it
/// is where there is nothing to hide; "***" where it is no address.
std::string shown_address(std::string_view url);

}  // namespace fovea::pipeline
