// SPDX-License-Identifier: Apache-2.0
// The activations of ops::Activation, on four values at once.

// Rational minimax approximation on [-4, 4], saturated beyond, where 1 - erf < 1.6e-8.
// Absolute error below 3e-7 in f32.
vec4 erf(vec4 value) {
  const vec4 x = clamp(value, -4.0, 4.0);
  const vec4 s = x * x;
  vec4 p = vec4(-2.72614225801306e-10);
  p = p * s + 2.77068142495902e-08;
  p = p * s - 2.10102402082508e-06;
  p = p * s - 5.69250639462346e-05;
  p = p * s - 7.34990630326855e-04;
  p = p * s - 2.95459980854025e-03;
  p = p * s - 1.60960333262415e-02;
  vec4 q = vec4(-1.45660718464996e-05);
  q = q * s - 2.13374055278905e-04;
  q = q * s - 1.68282697438203e-03;
  q = q * s - 7.37332916720468e-03;
  q = q * s - 1.42647390514189e-02;
  return x * p / q;
}

// 1 / (1 + exp(-x)) without overflow.
vec4 sigmoid(vec4 x) { return 1.0 / (1.0 + exp(-clamp(x, -80.0, 80.0))); }

const uint ACTIVATION_GELU = 1;        // x Phi(x), exact
const uint ACTIVATION_GELU_TANH = 2;   // 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))
const uint ACTIVATION_GELU_QUICK = 3;  // x sigmoid(1.702 x)
const uint ACTIVATION_RELU = 4;        // max(x, 0)

vec4 activate(uint activation, vec4 x) {
  switch (activation) {
    case ACTIVATION_GELU:
      return 0.5 * x * (1.0 + erf(x * 0.70710678118654752));
    case ACTIVATION_GELU_TANH:  // 0.5 (1 + tanh(u)) = sigmoid(2u)
      return x * sigmoid(1.5957691216057308 * (x + 0.044715 * x * x * x));
    case ACTIVATION_GELU_QUICK:
      return x * sigmoid(1.702 * x);
    case ACTIVATION_RELU:
      return max(x, vec4(0.0));
  }
  return x;
}
