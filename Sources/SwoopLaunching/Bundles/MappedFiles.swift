// The files that the loader mapped into this process, by the names under which it looks for them.

import CSwoopSystem
import Glibc
import SwoopModel
import SwoopTransport

/// What this process consists of.
package enum MappedFiles {
    struct Place: Equatable {
        var name: String
        var path: String
    }

    /// Executable, libraries and loader.
    ///
    /// The executable's path is /proc/self/exe, which is this process's however often the program
    /// was built again; a library that was replaced on disk is an error, since its bytes are gone.
    static func ofThisProcess() throws(BundleError) -> [Place] {
        let images = list()
        let deleted = deletedMappings()
        let interpreter = unsafe swoop_image_interpreter().map { unsafe String(cString: $0) }
        var places = [Place(name: ProgramManifest.programName, path: "/proc/self/exe")]
        if let interpreter {
            places.append(Place(name: ProgramManifest.loaderName, path: interpreter))
        }
        var names: Set<String> = []
        // The kernel's own image has no file, and a name without a folder.
        let spare = spareLibraries(among: images.map(\.path))
        for image in images.dropFirst() where image.path.hasPrefix("/") {
            if spare.contains(image.path) { continue }
            if deleted.contains(image.start & ~4_095) { throw .replaced(path: image.path) }
            let name = lastComponent(of: image.path)
            guard image.path != interpreter, name != interpreter.map(lastComponent) else {
                continue
            }
            // Of two of one name the loader would have found the first.
            if names.insert(name).inserted { places.append(Place(name: name, path: image.path)) }
        }
        return places
    }

    /// The paths of the libraries that this process has loaded, and of the loader.
    package static func loadedLibraries() -> [String] {
        // The program itself has no name there, and the kernel's own image one without a folder.
        list().map(\.path).filter { $0.hasPrefix("/") }
    }

    /// What people call this program.
    static func programName() -> String {
        let name = lastComponent(of: CommandLine.arguments.first ?? "")
        return name.isEmpty ? "program" : name
    }

    /// As `uname -m` says it.
    static func architecture() -> String {
        var names = utsname()
        guard unsafe uname(&names) == 0 else { return "unknown" }
        return unsafe withUnsafeBytes(of: names.machine) { bytes in
            unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }

    /// Libraries that were loaded for this process's part alone (swoop_later.h), those that are
    /// never called and those that nothing uses, with what nothing else here needs.
    ///
    /// One that the program itself is linked with is there to be used.
    private static func spareLibraries(among paths: [String]) -> Set<String> {
        var later: Set<String> = []
        while let name = unsafe swoop_later_name(Int32(later.count)) {
            later.insert(unsafe String(cString: name))
        }
        var needs: [String: [String]] = [:]
        unsafe withUnsafeMutablePointer(to: &needs) { needs in
            unsafe swoop_image_each_need(
                { path, need, context in
                    unsafe context?.assumingMemoryBound(to: [String: [String]].self)
                        .pointee[String(cString: path), default: []].append(String(cString: need))
                }, needs)
        }
        let replaced = swoop_copy_is_found() != 0 ? [OmissibleLibraries.replaced] : []
        let uncalled = (OmissibleLibraries.uncalled + replaced).filter { need in
            paths.first { lastComponent(of: $0) == need.user }.map(canBeChanged) ?? false
        }
        let spare = LibraryNeeds(paths: paths, needs: needs)
            .reached(onlyFrom: later, orBy: uncalled)
        return spare.union(unusedLibraries(among: paths.filter { !spare.contains($0) }))
    }

    /// Whether a library could travel without what it never calls.
    private static func canBeChanged(_ path: String) -> Bool {
        guard let number = try? opened(path, O_RDONLY) else { return false }
        let descriptor = OwnedDescriptor(owning: number)
        let own = descriptor.rawValue
        let edits = try? OmissibleLibraries.edits(among: []) {
            (offset, count) throws(BundleError) in
            try bytes(of: own, path, offset: offset, count: count)
        }
        return edits != nil
    }

    /// Those of Swift's libraries of which no loaded image uses a symbol.
    private static func unusedLibraries(among paths: [String]) -> Set<String> {
        // The kernel's own image has a name without a folder, and uses nothing.
        var left = paths.filter { $0.isEmpty || $0.hasPrefix("/") }
        for name in OmissibleLibraries.unused {
            guard let path = left.first(where: { lastComponent(of: $0) == name }),
                !left.contains(where: { unsafe $0 != path && swoop_image_uses($0, name) != 0 })
            else { continue }
            left.removeAll { $0 == path }
        }
        return Set(paths.filter { $0.hasPrefix("/") }).subtracting(left)
    }

    private struct Image {
        var path: String
        var start: UInt64
    }

    private static func list() -> [Image] {
        var images: [Image] = []
        unsafe withUnsafeMutablePointer(to: &images) { images in
            unsafe swoop_image_each(
                { path, start, context in
                    unsafe context?.assumingMemoryBound(to: [Image].self).pointee.append(
                        Image(path: String(cString: path), start: start))
                }, images)
        }
        return images
    }

    /// Where mappings begin whose files are gone from their folders, as the kernel says.
    private static func deletedMappings() -> Set<UInt64> {
        guard let number = try? opened("/proc/self/maps", O_RDONLY) else { return [] }
        let descriptor = OwnedDescriptor(owning: number)
        var text: [UInt8] = []
        while let part = try? bytes(
            of: descriptor, "/proc/self/maps", offset: Int64(text.count), count: 256 << 10),
            !part.isEmpty
        {
            text += part
        }
        let marker = Array(" (deleted)".utf8)
        var starts: Set<UInt64> = []
        for line in text.split(separator: UInt8(ascii: "\n")) where line.suffix(10) == marker[...] {
            let address = line.prefix { $0 != UInt8(ascii: "-") }
            if let start = UInt64(String(decoding: address, as: UTF8.self), radix: 16) {
                starts.insert(start)
            }
        }
        return starts
    }
}

/// What follows the last slash.
package func lastComponent(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
}
