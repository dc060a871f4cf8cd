// Where Swoop runs. On other hosts Package.swift builds nothing but this file, so that the build
// ends with one sentence. No declarations.

#if !(os(Linux) && arch(x86_64))
    #error("Swoop runs on Linux on x86-64 with glibc: this is another system or another processor")
#endif
