// Libraries that come to a program while it runs, as a notebook's cells do: their remote functions
// and closures are found like those of the program itself, in its workers too.

import CSwoopSystem
import Glibc
import SwoopLaunching
import Synchronization

/// The libraries that this process has loaded since it began.
package enum LaterLibraries {
    /// The variable of the environment that names a list: a path on each line, in their order.
    ///
    /// Processes that a program starts have the program's environment.
    private static let variable = "SWOOP_LIBRARIES"

    private static let loaded = Mutex<[String: UInt]>([:])

    /// Loads a library, once, and takes its remote functions; nil where the loader refuses it.
    ///
    /// - Returns: the loader's handle.
    package static func load(_ path: String) -> UInt? { load(path, named: path) }

    /// Loads a library that code references call by another name than its file has.
    private static func load(_ path: String, named name: String) -> UInt? {
        if let known = loaded.withLock({ $0[name] }) { return known }
        guard let library = unsafe swoop_cell_load(path) else { return nil }
        let start = unsafe swoop_cell_symbol(library, "__start_swoop_remote")
        let end = unsafe swoop_cell_symbol(library, "__stop_swoop_remote")
        if start != 0, end > start {
            RemoteRegistry.add(recordsFrom: UInt(start), to: UInt(end))
        }
        let handle = UInt(bitPattern: library)
        loaded.withLock { $0[name] = handle }
        return handle
    }

    /// Tells the processes that this one starts of a library, by a list beside it; sessions of
    /// other clusters send it.
    package static func announce(_ path: String) {
        let others = newLibraries().filter { $0 != path }
        announced.withLock { $0 += others + [path] }
        let folder = path.lastIndex(of: "/").map { path[..<$0] } ?? "."
        let list = "\(folder)/libraries-\(getpid())"
        let file = unsafe open(list, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard file >= 0 else { return }
        let line = Array((path + "\n").utf8)
        _ = unsafe write(file, line, line.count)
        _ = close(file)
        _ = unsafe setenv(variable, list, 1)
    }

    /// What was announced behind so many: the libraries, and those of the system that came with
    /// them, which other machines may not have.
    static func announced(after count: Int) -> ArraySlice<String> {
        announced.withLock { $0.dropFirst(count) }
    }

    private static let announced = Mutex<[String]>([])

    /// The libraries that this process has loaded, and had when this was asked first.
    private static let known = Mutex(Set(MappedFiles.loadedLibraries()))

    /// Called before the first library is loaded: what is there then belongs to the program.
    package static func begin() { known.withLock { _ in } }

    private static func newLibraries() -> [String] {
        let all = MappedFiles.loadedLibraries()
        return known.withLock { known in all.filter { known.insert($0).inserted } }
    }

    /// Loads what was announced since, here and by clients to this node; false: there is nothing
    /// that was not loaded.
    package static func loadAnnounced() -> Bool {
        var waiting: [(name: String, path: String)] = []
        for list in [variable, NodeLibraries.variable] { waiting += entries(of: list) }
        waiting.removeAll { entry in loaded.withLock { $0[entry.name] != nil } }
        var isNew = false
        // One may need another that stands behind it: as long as any can be loaded, the others are
        // tried again.
        while !waiting.isEmpty {
            let count = waiting.count
            waiting.removeAll { load($0.path, named: $0.name) != nil }
            if waiting.count == count { break }
            isNew = true
        }
        if let first = waiting.first, loaded.withLock({ $0[first.name] == nil }) {
            let reason = unsafe String(cString: swoop_cell_error())
            let text = Array("swoop: \(first.name) cannot be loaded: \(reason)\n".utf8)
            _ = unsafe write(2, text, text.count)
        }
        return isNew
    }

    /// The lines of a list: names and paths, or paths alone.
    private static func entries(of variable: String) -> [(name: String, path: String)] {
        guard let list = unsafe getenv(variable), let file = unsafe fopen(list, "re") else {
            return []
        }
        defer { unsafe fclose(file) }
        var line: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { unsafe free(line) }
        var result: [(name: String, path: String)] = []
        while unsafe getline(&line, &capacity, file) > 0, let bytes = unsafe line {
            let text = unsafe String(cString: bytes).prefix { $0 != "\n" }
            let parts = text.split(separator: "\t", maxSplits: 1).map(String.init)
            if let name = parts.first { result.append((name, parts.last ?? name)) }
        }
        return result
    }

    /// What addresses of a library are beyond those in its file; nil where it cannot be loaded.
    package static func loadOffset(of path: String) -> UInt? {
        if loaded.withLock({ $0[path] }) == nil { _ = loadAnnounced() }
        guard let handle = load(path) else { return nil }
        return unsafe UInt(swoop_cell_offset(UnsafeMutableRawPointer(bitPattern: handle)!))
    }
}
