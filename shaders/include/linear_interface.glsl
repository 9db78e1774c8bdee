// SPDX-License-Identifier: Apache-2.0
// What every variant of linear shares: tensors, the packed weights, the epilogue.
//
// Weights    [N/32][K/2][8 quads][2 depths][4 columns], f32 or f16, zeros beyond N and K;
//            K is padded to a multiple of 4. A lane thus reads 16 contiguous bytes at a time
//            whatever the type. Packed by upload_linear (compute/ops/linear_weights.cpp).
//            i8: [N/32][K/4][8 quads][4 columns][4 depths], and after the bias, padded to
//            COLUMN_MULTIPLE columns, a scale per column.
// VEC4       x, residual and y are read and written four floats at a time:
//            needs K % 4 == 0 and N % 4 == 0. Without it any K and N.
// ADDRESS    as VEC4, tensors by address: see address.glsl.
// TEXEL      as ADDRESS, but x and weights as texels, which some drivers load faster. The code of a
//            load is long, so what is read once a column or row is left to addresses.
// NORM, MOMENTS   as VEC4, with the bindings of linear_moments.glsl.

layout(constant_id = 2) const uint WEIGHTS = 0;     // the values of ops::Precision
layout(constant_id = 3) const uint ACTIVATION = 0;  // the values of ops::Activation
layout(constant_id = 4) const uint ADD_RESIDUAL = 0;

#if defined(ADDRESS) || defined(TEXEL)
#include "address.glsl"

#ifdef TEXEL
layout(set = 0, binding = 0) uniform samplerBuffer x;
layout(set = 0, binding = 1) uniform usamplerBuffer weight;
#endif
layout(push_constant) uniform Push {
#ifdef ADDRESS
  Source x;
  Source weight;
#endif
  Source bias;
  Source residual;
  Target y;
  uint rows;     // M
  uint columns;  // N
  uint depth;    // K
};

vec4 x_quad(uint i) { return read_quad(x, i); }
uvec4 weight_words(uint i) { return read_words(weight, i); }
vec4 bias_quad(uint i) { return read_quad(bias, i); }
vec4 residual_quad(uint i) { return read_quad(residual, i); }
void set_y_quad(uint i, vec4 value) { write_quad(y, i, value); }

#else

#if defined(NORM) || defined(MOMENTS)
#define VEC4
#endif
#ifdef VEC4
#define ELEMENT vec4
#else
#define ELEMENT float
#endif

#ifndef X_ELEMENT
#define X_ELEMENT ELEMENT
#ifdef VEC4
#define X_QUADS
#endif
#endif

layout(set = 0, binding = 0, std430) readonly buffer X { X_ELEMENT x[]; };
layout(set = 0, binding = 1, std430) readonly buffer Weight { uvec4 weight[]; };
layout(set = 0, binding = 2, std430) readonly buffer Bias { vec4 bias[]; };
layout(set = 0, binding = 3, std430) readonly buffer Residual { ELEMENT residual[]; };
#ifdef NORM
layout(set = 0, binding = 4, std430) readonly buffer Gamma { vec4 gamma[]; };
layout(set = 0, binding = 5, std430) readonly buffer Beta { vec4 beta[]; };
layout(set = 0, binding = 6, std430) readonly buffer Moments { vec2 moments_in[]; };
layout(set = 0, binding = 7, std430) writeonly buffer Y { ELEMENT y[]; };
#else
layout(set = 0, binding = 4, std430) writeonly buffer Y { ELEMENT y[]; };
#endif
#ifdef MOMENTS
layout(set = 0, binding = 5, std430) writeonly buffer Moments { vec2 moments_out[]; };
#endif
layout(push_constant) uniform Push {
  uint rows;     // M
  uint columns;  // N
  uint depth;    // K
#ifdef NORM
  float epsilon;
#endif
};

uvec4 weight_words(uint i) { return weight[i]; }
vec4 bias_quad(uint i) { return bias[i]; }
#ifdef X_QUADS
vec4 x_quad(uint i) { return x[i]; }
#endif
#ifdef VEC4
vec4 residual_quad(uint i) { return residual[i]; }
void set_y_quad(uint i, vec4 value) { y[i] = value; }
#endif

#endif

#include "gelu.glsl"

const uint WEIGHTS_F16 = 1;
const uint WEIGHTS_I8 = 2;

// i8: a word for each of columns 4q..4q+3, depths 4k to 4k + 3 from the lowest byte up.
uvec4 load_weight_bytes(uint q, uint k) {
  return weight_words((q / 8 * ((depth + 3) / 4) + k) * 8 + q % 8);
}

// The weights of columns 4q..4q+3 at depths 2p and 2p + 1.
void load_weights(uint q, uint p, out vec4 even, out vec4 odd) {
  const uint pairs = (depth + 3) / 4 * 2;
  const uint unit = (q / 8 * pairs + p) * 8 + q % 8;
  if (WEIGHTS == WEIGHTS_I8) {
    const ivec4 packed = ivec4(load_weight_bytes(q, p / 2));
    const int first = int(p % 2) * 16;
    even = vec4(bitfieldExtract(packed, first, 8));
    odd = vec4(bitfieldExtract(packed, first + 8, 8));
  } else if (WEIGHTS == WEIGHTS_F16) {
    const uvec4 packed = weight_words(unit);
    even = vec4(unpackHalf2x16(packed.x), unpackHalf2x16(packed.y));
    odd = vec4(unpackHalf2x16(packed.z), unpackHalf2x16(packed.w));
  } else {
    even = uintBitsToFloat(weight_words(2 * unit));
    odd = uintBitsToFloat(weight_words(2 * unit + 1));
  }
}

#ifndef COLUMN_MULTIPLE
#define COLUMN_MULTIPLE 32
#endif

// What the sums of columns 4q..4q+3 are to be multiplied by before the bias is added.
vec4 scale_quad(uint q) {
  const uint padded = (columns + COLUMN_MULTIPLE - 1) / COLUMN_MULTIPLE * COLUMN_MULTIPLE;
  return WEIGHTS == WEIGHTS_I8 ? bias_quad(padded / 4 + q) : vec4(1.0);
}

// The same at the four depths from 4k on.
void load_weight_quads(uint q, uint k, out vec4 w[4]) {
  if (WEIGHTS == WEIGHTS_I8) {
    const ivec4 packed = ivec4(load_weight_bytes(q, k));
    [[unroll]] for (int i = 0; i < 4; ++i) w[i] = vec4(bitfieldExtract(packed, 8 * i, 8));
  } else {
    load_weights(q, 2 * k, w[0], w[1]);
    load_weights(q, 2 * k + 1, w[2], w[3]);
  }
}

// Applies the activation, adds the residual and stores columns 4q..4q+3 of `row`; what it stored.
vec4 store_quad(uint row, uint q, vec4 sum) {
  vec4 value = activate(ACTIVATION, sum);
#if defined(VEC4) || defined(ADDRESS) || defined(TEXEL)
  const uint at = row * (columns / 4) + q;
  if (ADD_RESIDUAL != 0) value += residual_quad(at);
  set_y_quad(at, value);
#else
  [[unroll]] for (uint c = 0; c < 4; ++c) {
    if (4 * q + c >= columns) break;
    const uint at = row * columns + 4 * q + c;
    if (ADD_RESIDUAL != 0) value[c] += residual[at];
    y[at] = value[c];
  }
#endif
  return value;
}
