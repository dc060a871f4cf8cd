// Where in the user's source something failed: offsets of the program, turned into file and line by
// the symbolizer of the toolchain where there is one, else by what the function's record says.

import SwoopElements
import SwoopLaunching
import SwoopModel

/// Looks places up by a program of the toolchain, one at a time and each once: thousands of tasks
/// may fail in the same place.
actor PlaceFinder {
    static let shared = PlaceFinder()

    private var known: [[UInt64]: [SourcePlace]] = [:]
    private static let knownMax = 256

    /// The places of a failure's frames; none when they do not lie in this program.
    func places(of failure: TaskFailure) -> [SourcePlace] {
        guard !failure.frames.isEmpty, failure.image.isEmpty else { return [] }
        if let places = known[failure.frames] { return places }
        if known.count >= Self.knownMax { known = [:] }
        let places = Symbolizer.places(of: failure.frames)
        known[failure.frames] = places
        return places
    }
}

/// Finds the place of failures.
enum FailurePlace {
    /// The error for a failure, with the places of its frames: looking them up takes a process.
    static func errorWithPlaces(of failure: TaskFailure) async -> SwoopError {
        error(of: failure, places: await PlaceFinder.shared.places(of: failure))
    }

    /// The error for a failure, with file and line put in.
    ///
    /// - Parameter places: those of its frames, found by `PlaceFinder`.
    static func error(of failure: TaskFailure, places: [SourcePlace] = []) -> SwoopError {
        var error = SwoopError(failure)
        let entry = RemoteRegistry.functions.first { $0._name == failure.function }
        if failure.kind == .trapped, let reason = fatalErrorText(in: failure.lastOutput) {
            error.message += " \(reason)"
            error.advice = ""
        }
        if !places.isEmpty {
            if let reason = places.first(where: { $0.function.hasPrefix("Swift runtime failure: ") }
            ) {
                let text = reason.function.dropFirst("Swift runtime failure: ".count)
                error.message += " The check: \(text)."
                error.advice = ""
            }
            let own = entry.map { Self.baseName($0.file) }
            let place =
                places.first { $0.line > 0 && own == Self.baseName($0.file) }
                ?? places.first { $0.line > 0 && !isOfRuntime($0.file) }
            if let place {
                error.file = Self.fileID(of: place.file, entry?.file ?? Self.known(place.file))
                error.line = place.line
                return error
            }
        }
        if error.file.isEmpty, let entry, error.code != .inputFailed {
            error.file = entry.file
            error.line = entry.line
        }
        return error
    }

    /// What the Swift runtime printed of the reason, in a debug build.
    private static func fatalErrorText(in lines: [String]) -> Substring? {
        let mark = "Fatal error: "
        guard let line = lines.last(where: { $0.mentions(mark) }),
            let place = line[...].place(of: mark)
        else { return nil }
        return line[place...]
    }

    /// The file of this name that has remote functions, as their records name it; nothing where
    /// there are none, or several.
    private static func known(_ path: String) -> String {
        let name = baseName(path)
        let files = Set(RemoteRegistry.functions.lazy.map(\.file).filter { baseName($0) == name })
        return files.count == 1 ? files.first ?? "" : ""
    }

    /// A path of the compiler's as `Module/File.swift`, as records of functions name files: the
    /// folder below `Sources` or `Tests` is the module's, else the module is that of the function.
    static func fileID(of path: String, _ known: String) -> String {
        let parts = path.split(separator: "/")
        guard let name = parts.last, name != baseName(known) else { return known }
        if let root = parts.lastIndex(where: { $0 == "Sources" || $0 == "Tests" }),
            parts.count > root + 2
        {
            return "\(parts[root + 1])/\(name)"
        }
        let module = known.split(separator: "/").dropLast().first
        return module.map { "\($0)/\(name)" } ?? path
    }

    private static func baseName(_ path: String) -> Substring {
        path.split(separator: "/").last ?? ""
    }

    private static func isOfRuntime(_ file: String) -> Bool {
        file.mentions("compiler-generated") || file.mentions("/stdlib/") || file == "??"
            || file.mentions("/Sources/Swoop") || file.mentions("/Sources/CSwoop")
            || file.hasPrefix("/<")
    }
}
