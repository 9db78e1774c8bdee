// SPDX-License-Identifier: Apache-2.0
// Tensors by address, read and written 64 bits at a time: Source and Target are members of a
// push-constant block, first of all and in the order of the wrapper's tensors.
//
// Software devices load lane by lane: half the loads are half the time, and an address spares
// each of them the comparison with its buffer's end. What lies beyond a tensor must not be read.
#extension GL_EXT_buffer_reference : require
#extension GL_EXT_shader_explicit_arithmetic_types_int64 : require

layout(buffer_reference, std430, buffer_reference_align = 16) readonly buffer Source {
  u64vec2 at[];
};
layout(buffer_reference, std430, buffer_reference_align = 16) writeonly buffer Target {
  u64vec2 at[];
};

uvec4 read_words(Source source, uint i) {
  const u64vec2 pair = source.at[i];
  return uvec4(unpack32(pair.x), unpack32(pair.y));
}
vec4 read_quad(Source source, uint i) { return uintBitsToFloat(read_words(source, i)); }

// The same of what is bound as texels of 16 bytes, which some drivers load faster.
uvec4 read_words(usamplerBuffer source, uint i) { return texelFetch(source, int(i)); }
vec4 read_quad(samplerBuffer source, uint i) { return texelFetch(source, int(i)); }

void write_quad(Target target, uint i, vec4 value) {
  const uvec4 bits = floatBitsToUint(value);
  target.at[i] = u64vec2(pack64(bits.xy), pack64(bits.zw));
}
