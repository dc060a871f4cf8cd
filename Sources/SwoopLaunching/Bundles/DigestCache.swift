// Digests of files that did not change since they were hashed, in one small file of the user's, so
// that a program that starts again hashes nothing.

import Glibc

/// What is known of files by path and identity.
struct DigestCache {
    struct Entry: Equatable, Sendable {
        var digest: String
        /// Bytes that travel.
        var byteCount: Int64
    }

    private struct Record {
        var entry: Entry
        var identity: BundleFile.Identity
    }

    private let folder: String
    private var records: [String: Record] = [:]
    /// Paths, those used now last.
    private var order: [String] = []
    private var hasChanged = false

    private var path: String { "\(folder)/digests" }

    /// Reads what is there; what is damaged is not there.
    init(folder: String) {
        self.folder = folder
        guard let bytes = smallFile(path) else { return }
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            let parts = line.split(separator: UInt8(ascii: " "), maxSplits: 7)
                .map { String(decoding: $0, as: UTF8.self) }
            guard parts.count == 8, ContentDigest.isDigest(parts[0]),
                let byteCount = Int64(parts[1]), let device = UInt64(parts[2]),
                let inode = UInt64(parts[3]), let size = Int64(parts[4]),
                let modified = Int64(parts[5]), let changed = Int64(parts[6]),
                (1...max(1, size)).contains(byteCount)
            else { continue }
            let identity = BundleFile.Identity(
                device: device, inode: inode, byteCount: size, modified: modified,
                changed: changed)
            put(
                Record(entry: Entry(digest: parts[0], byteCount: byteCount), identity: identity),
                parts[7])
        }
    }

    /// What is known of a file; nil when it changed.
    func entry(path: String, _ identity: BundleFile.Identity) -> Entry? {
        guard let record = records[key(path, identity)], record.identity == identity else {
            return nil
        }
        return record.entry
    }

    /// Keeps what was found, unless the file changed so lately that a further change may not show.
    mutating func remember(_ entry: Entry, path: String, _ identity: BundleFile.Identity) {
        let key = key(path, identity)
        if records[key]?.identity == identity, records[key]?.entry == entry { return }
        var now = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &now)
        let age = Int64(now.tv_sec) - identity.changed / 1_000_000_000
        guard age >= 2, !key.utf8.contains(UInt8(ascii: "\n")) else { return }
        put(Record(entry: entry, identity: identity), key)
        hasChanged = true
    }

    /// Writes the file anew, whole or not at all; nothing when nothing changed.
    ///
    /// A failure costs the next program the time of hashing, and nothing else.
    func save() {
        guard hasChanged else { return }
        _ = try? makeFolder(folder, mode: 0o700)
        var lines: [String] = []
        var size = 0
        for path in order.reversed() {
            guard let record = records[path] else { continue }
            let (entry, identity) = (record.entry, record.identity)
            let line =
                "\(entry.digest) \(entry.byteCount) \(identity.device) \(identity.inode) "
                + "\(identity.byteCount) \(identity.modified) \(identity.changed) \(path)\n"
            size += line.utf8.count
            // What is read again is at most 64 KiB: some 250 files, those used last.
            if size > 60 << 10 { break }
            lines.append(line)
        }
        let temporary = "\(path).\(getpid())"
        _ = unsafe unlink(temporary)
        let text = lines.reversed().joined()
        guard (try? writeFile(temporary, Array(text.utf8), mode: 0o600)) != nil,
            unsafe rename(temporary, path) == 0
        else {
            _ = unsafe unlink(temporary)
            return
        }
    }

    private mutating func put(_ record: Record, _ path: String) {
        if records.updateValue(record, forKey: path) != nil { order.removeAll { $0 == path } }
        order.append(path)
    }

    /// All programs are /proc/self/exe to themselves: told apart by their file.
    private func key(_ path: String, _ identity: BundleFile.Identity) -> String {
        path.hasPrefix("/proc/self/exe") ? "\(path):\(identity.device):\(identity.inode)" : path
    }
}
