// Whether the modules of swift-syntax that this target finds are those that Package.swift means.
// No declarations.

#if TOOLCHAIN_SYNTAX && !canImport(SwiftSyntax)
    #error(
        "the toolchain's interfaces in ~/.cache/org.swift.swiftpm are gone: `swift package purge-cache` makes SwiftPM write them again"
    )
#elseif TOOLCHAIN_SYNTAX_IN_PLACE && canImport(SwiftSyntax509)
    // That module is in the source of swift-syntax and not in the toolchain: another package's
    // macros brought it, and this target would be compiled with one of the two and linked with the
    // other.
    #error(
        "beside macros of other packages Swoop needs ~/.cache (or $XDG_CACHE_HOME) for the toolchain's interfaces: make it writable and run `swift package purge-cache`"
    )
#endif
