# SPDX-License-Identifier: Apache-2.0
# Turns the page's files into one C++ source.
#   cmake -DOUT=page_files.cpp -DDIR=page "-DFILES=index.html;page.css" -P embed_page.cmake
cmake_minimum_required(VERSION 3.25)
set(type_html "text/html; charset=utf-8")
set(type_css "text/css; charset=utf-8")
set(type_js "text/javascript; charset=utf-8")
set(type_svg "image/svg+xml")
set(bytes "")
set(table "")
foreach(file IN LISTS FILES)
  string(MAKE_C_IDENTIFIER ${file} id)
  string(REGEX REPLACE ".*\\." "" ending ${file})
  # "/" is the page, "/login" its door; the others keep their names.
  string(REGEX REPLACE "^index\\.html$|\\.html$" "" path ${file})
  file(READ ${DIR}/${file} hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," hex "${hex}")
  string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)" "\\1\n" hex "${hex}")
  string(APPEND bytes "constexpr unsigned char ${id}[] = {${hex}};\n")
  string(APPEND table "    {\"/${path}\", \"${type_${ending}}\", text_of(${id})},\n")
endforeach()
file(WRITE ${OUT} "#include \"pipeline/view/page_files.hpp\"

namespace fovea::pipeline {
namespace {

template <class Bytes>
std::string_view text_of(const Bytes& bytes) {
  return {reinterpret_cast<const char*>(bytes), sizeof bytes};
}

${bytes}
}  // namespace

std::span<const PageFile> page_files() {
  static const PageFile files[] = {
${table}  };
  return files;
}

const PageFile* find_page_file(std::string_view path) {
  for (const PageFile& file : page_files()) {
    if (file.path == path) return &file;
  }
  return nullptr;
}

}  // namespace fovea::pipeline
")
