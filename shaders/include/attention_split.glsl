// SPDX-License-Identifier: Apache-2.0
// Which queries and keys a workgroup has, where the keys may be split over workgroups, and what
// becomes of its sums. Include it after attention_interface.glsl.
//
// Grid       queries x parts of the keys over x; sequences over y, then z. A part is `chunk` keys
// Parts      where there are several, y is [parts, B * H, Q, QUADS + 1 quads]: a row's unscaled
//            sum, then its maximum and denominator. attention_reduce joins them

struct Place {
  uint sequence, base, first_query, first_key, end_key, part, parts;
};

// `rows` queries a workgroup.
Place find_place(uint rows) {
  Place place;
  place.parts = (tokens + chunk - 1) / chunk;
  place.part = gl_WorkGroupID.x % place.parts;
  place.first_query = gl_WorkGroupID.x / place.parts * rows;
  place.sequence = gl_WorkGroupID.z * gl_NumWorkGroups.y + gl_WorkGroupID.y;
  place.base = head_base(min(place.sequence, sequences - 1));
  place.first_key = place.part * chunk;
  place.end_key = min(place.first_key + chunk, tokens);
  return place;
}

// The first quad of a row of a part.
uint part_row(uint part, uint sequence, uint token) {
  return ((part * sequences + sequence) * queries + token) * (QUADS + 1);
}

void store_part(uint at, vec4 value) {
#ifdef VEC4
  y[at] = value;
#else
  [[unroll]] for (uint c = 0; c < 4; ++c) y[4 * at + c] = value[c];
#endif
}

void finish_quad(Place place, uint token, uint quad, vec4 sum, float denominator) {
  if (place.parts == 1)
    store_quad(place.sequence, token, quad, sum / denominator);
  else
    store_part(part_row(place.part, place.sequence, token) + quad, sum);
}

// Once per row, after its quads.
void finish_row(Place place, uint token, float maximum, float denominator) {
  if (place.parts > 1)
    store_part(part_row(place.part, place.sequence, token) + QUADS,
               vec4(maximum, denominator, 0.0, 0.0));
}
