// Libraries that a client brought while its program runs, as a notebook's cells are: files on this
// node, and a list of them in which its workers look.

import Glibc

/// The libraries that came to this node since its agent began.
package final class NodeLibraries {
    /// The variable of a worker's environment that names the list: on each line what the library is
    /// called at its client, a tabulator, and where it is here.
    package static let variable = "SWOOP_NODE_LIBRARIES"

    /// The list, there or not; empty: this node takes no libraries.
    package let listPath: String
    private let cache: String
    private let folder: String
    private var names: Set<String> = []

    /// - Parameter cache: the folder of programs; empty: the node takes none, and no libraries.
    package init(cache: String) {
        self.cache = cache
        // Made when the first one comes: an agent that is killed leaves nothing where none came.
        folder = cache.isEmpty ? "" : BundleCache.newWorkFolder(in: cache)
        listPath = folder.isEmpty ? "" : "\(folder)/list"
    }

    /// Takes a library; one of a name that is here already is passed over.
    ///
    /// - Throws: where the file cannot be written, or others could change it; workers do not see it
    ///   then.
    package func take(_ bytes: [UInt8], named name: String) throws(BundleError) {
        guard !folder.isEmpty else {
            throw .systemCall("a folder for libraries", path: name, code: ENOENT)
        }
        guard !names.contains(name), !name.contains("\n"), !name.contains("\t") else { return }
        if names.isEmpty {
            _ = try BundleCache(folder: cache)
            try makeFolder(folder, mode: 0o700)
        }
        let base = name.split(separator: "/").last.map(String.init) ?? "library"
        let path = "\(folder)/\(names.count)-\(base)"
        try write(bytes, to: path, O_CREAT | O_EXCL | O_WRONLY)
        try write(Array("\(name)\t\(path)\n".utf8), to: listPath, O_CREAT | O_WRONLY | O_APPEND)
        names.insert(name)
    }

    /// Removes all of them; whoever has loaded one keeps it.
    package func end() {
        if !folder.isEmpty { removeAll(folder) }
    }

    private func write(_ bytes: [UInt8], to path: String, _ flags: Int32) throws(BundleError) {
        let file = unsafe open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw .systemCall("open", path: path, code: errno) }
        defer { _ = close(file) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { bytes in
                unsafe Glibc.write(file, bytes.baseAddress, bytes.count)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw .systemCall("write", path: path, code: errno) }
            rest = rest.dropFirst(count)
        }
    }
}
