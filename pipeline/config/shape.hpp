// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a polygon and a line of the configuration are as shapes: for the checker, and for whoever
// watches them. Pure functions.

#include <cstddef>
#include <optional>
#include <utility>

#include "pipeline/config/place.hpp"

namespace fovea::pipeline {

/// The shape in pixels of a picture of that size, in whichever way it is written.
Points in_pixels(Points points, int width_px, int height_px);

/// Twice the area of the triangle a, b, p: above 0 where p lies to the right of the way from a
/// to b, as the picture shows it (y points down); 0 on it.
double side_of(Point a, Point b, Point p);

/// Is p inside the polygon or on its border? Requires: three corners or more.
bool contains(const Points& polygon, Point p);

/// Two sides that cross or touch each other although they are no neighbours, or neighbours that
/// lie upon each other: their numbers, from 0. Nothing for a simple polygon.
std::optional<std::pair<std::size_t, std::size_t>> crossing_sides(const Points& polygon);

}  // namespace fovea::pipeline
