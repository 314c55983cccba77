cmake_minimum_required(VERSION 3.16)
project(example LANGUAGES C)
set(CMAKE_C_STANDARD 11)

add_subdirectory(${ESL_PROTO}/esl-ffi esl_proto)
foreach(library esl_proto static)
    add_executable(example_${library} plain.c)
    target_link_libraries(example_${library} PRIVATE esl_proto::${library})
endforeach()
