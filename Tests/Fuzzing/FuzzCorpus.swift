// Inputs that fuzzers found to be worth a try, and those that once broke a decoder: a file for each
// decoder, of lines in hexadecimal, so that a decoder's place in its group may change and a diff
// can be read.

import Glibc

/// A folder of inputs.
package struct FuzzCorpus: Sendable {
    /// Where the files are.
    package let folder: String

    /// Names a folder.
    package init(folder: String) { self.folder = folder }

    /// Of a decoder no more than this is kept beside what a person added.
    private static let countMax = 24
    private static let byteCountMax = 160

    /// The inputs of a decoder; none where it has no file.
    ///
    /// A line that begins with # is a remark.
    package func inputs(of entry: FuzzGroup.Entry) -> [[UInt8]] {
        lines(of: entry).filter { $0.first != UInt8(ascii: "#") }.compactMap(Self.decoded)
    }

    /// Puts inputs of a group into its decoders' files: those that are there stay, and some of
    /// every length are added.
    ///
    /// - Parameter found: inputs of the group, whose first byte names the decoder.
    package func keep(_ found: [[UInt8]], of group: FuzzGroup) {
        for (place, entry) in group.entries.enumerated() {
            var lines = lines(of: entry)
            let own = found.filter { $0.first.map { Int($0) % group.entries.count } == place }
                .map { Array($0.dropFirst()) }
                .filter { (1...Self.byteCountMax).contains($0.count) }
                .sorted { ($0.count, Self.encoded($0)) < ($1.count, Self.encoded($1)) }
            let room = max(0, Self.countMax - lines.count)
            // Of every length some: the shortest are all alike.
            for number in 0..<min(room, own.count) {
                let input = own[number * own.count / min(room, own.count)]
                let line = Array(Self.encoded(input).utf8)
                if !lines.contains(line) { lines.append(line) }
            }
            guard !lines.isEmpty, let file = unsafe fopen(path(of: entry), "w") else { continue }
            let bytes = Array(lines.map { $0 + [10] }.joined())
            unsafe fwrite(bytes, 1, bytes.count, file)
            unsafe fclose(file)
        }
    }

    /// The bytes of a file; nil: it cannot be read.
    package static func bytes(of path: String) -> [UInt8]? {
        guard let file = unsafe fopen(path, "r") else { return nil }
        defer { unsafe fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe fread(&buffer, 1, buffer.count, file)
            guard count > 0 else { return bytes }
            bytes += buffer[..<count]
        }
    }

    private func path(of entry: FuzzGroup.Entry) -> String {
        let name = entry.name.map { $0.isLetter || $0.isNumber ? $0 : "-" }
        return "\(folder)/\(String(name)).hex"
    }

    private func lines(of entry: FuzzGroup.Entry) -> [[UInt8]] {
        (Self.bytes(of: path(of: entry)) ?? []).split(separator: 10).map(Array.init)
    }

    /// Bytes in hexadecimal.
    package static func encoded(_ bytes: [UInt8]) -> String {
        bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    private static func decoded(_ line: [UInt8]) -> [UInt8]? {
        guard line.count % 2 == 0 else { return nil }
        var bytes: [UInt8] = []
        for place in stride(from: 0, to: line.count, by: 2) {
            let digits = String(decoding: line[place..<place + 2], as: UTF8.self)
            guard let byte = UInt8(digits, radix: 16) else { return nil }
            bytes.append(byte)
        }
        return bytes
    }
}
