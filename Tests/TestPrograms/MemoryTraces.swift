// Copies of a secret in this process's memory.

import Glibc
package import SwoopTransport

/// What is left of secrets that passed through.
package enum MemoryTraces {
    /// How often a secret stands in memory that this process may write to and that is in its dumps;
    /// nil: memory cannot be read.
    package static func count(of secret: Secret) -> Int? {
        guard let regions = dumpedRegions() else { return nil }
        let memory = unsafe open("/proc/self/mem", O_RDONLY | O_CLOEXEC)
        guard memory >= 0 else { return nil }
        defer { close(memory) }
        let pages = unsafe open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC)
        guard pages >= 0 else { return nil }
        defer { close(pages) }
        var count = 0
        // The copy to be searched is itself in memory for secrets.
        _ = Secret(count: 1 << 20) { (buffer: UnsafeMutableRawBufferPointer) in
            for region in regions {
                var place = region.lowerBound
                while place < region.upperBound {
                    let size = min(buffer.count, Int(region.upperBound - place))
                    // Looking at memory that is not there yet would bring it there: gigabytes.
                    guard isAnyPresent(pages, place, size) else {
                        place += UInt64(size)
                        continue
                    }
                    let taken = unsafe pread(
                        memory, buffer.baseAddress, size, off_t(place))
                    guard taken > 0 else { break }
                    count += unsafe occurrences(
                        of: secret, in: UnsafeRawBufferPointer(rebasing: buffer[..<taken]))
                    guard taken == size, place + UInt64(size) < region.upperBound else { break }
                    // One that lies across the border is found with the next part.
                    place += UInt64(size - secret.count + 1)
                }
            }
        }
        return count
    }

    /// Whether any page of a part of this process's memory is there, in memory or swapped out.
    private static func isAnyPresent(_ pages: Int32, _ place: UInt64, _ size: Int) -> Bool {
        let first = place / 4_096
        let count = Int((place + UInt64(size) + 4_095) / 4_096 - first)
        var entries = [UInt64](repeating: 0, count: count)
        let taken = unsafe pread(pages, &entries, count * 8, off_t(first * 8))
        return taken != count * 8 || entries.contains { $0 >> 62 != 0 }
    }

    private static func occurrences(of secret: Secret, in bytes: UnsafeRawBufferPointer) -> Int {
        secret.withBytes { wanted in
            guard bytes.count >= wanted.count else { return 0 }
            let start = bytes.baseAddress!
            let last = unsafe start + (bytes.count - wanted.count)
            var count = 0
            var place = unsafe start
            while unsafe place <= last,
                let found = unsafe memchr(place, Int32(wanted[0]), last - place + 1)
            {
                if unsafe memcmp(found, wanted.baseAddress!, wanted.count) == 0 { count += 1 }
                unsafe place = UnsafeRawPointer(found) + 1
            }
            return count
        }
    }

    /// Memory of this process alone that may be written to and is not kept out of dumps.
    private static func dumpedRegions() -> [Range<UInt64>]? {
        guard let file = unsafe fopen("/proc/self/smaps", "r") else { return nil }
        defer { unsafe fclose(file) }
        var line = [CChar](repeating: 0, count: 4_096)
        var regions: [Range<UInt64>] = []
        var current: Range<UInt64>?
        while unsafe fgets(&line, Int32(line.count), file) != nil {
            let text = String(
                decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            let words = text.split(whereSeparator: \.isWhitespace)
            let ends = (words.first ?? "").split(separator: "-").compactMap {
                UInt64($0, radix: 16)
            }
            if ends.count == 2, words.count > 1 {
                current = words[1].hasPrefix("rw-p") ? ends[0]..<ends[1] : nil
            } else if words.first == "VmFlags:", let region = current, !words.contains("dd") {
                regions.append(region)
            }
        }
        return regions
    }
}
