// What W4 is compared with: the same groups by a loop that somebody wrote for this file alone: the
// file mapped, memchr, a parse function over a span, an open-addressing table for each of two
// threads.

import Glibc

/// What is known of a station.
struct Readings {
    var least = Double.infinity
    var largest = -Double.infinity
    var sum = 0.0
    var count = 0

    mutating func add(_ value: Double) {
        least = min(least, value)
        largest = max(largest, value)
        sum += value
        count += 1
    }
}

enum ReadingsByHand {
    /// The stations of a file, by two threads.
    static func run(_ path: String) async throws -> [String: Readings] {
        let descriptor = unsafe open(path, O_RDONLY)
        var status = stat()
        guard descriptor >= 0, unsafe fstat(descriptor, &status) == 0 else { throw WrongAnswer() }
        let size = Int(status.st_size)
        let mapped = unsafe mmap(nil, size, PROT_READ, MAP_SHARED, descriptor, 0)
        guard let mapped = unsafe mapped, unsafe mapped != MAP_FAILED else { throw WrongAnswer() }
        defer {
            unsafe munmap(mapped, size)
            close(descriptor)
        }
        let file = unsafe Mapped(bytes: UnsafeRawBufferPointer(start: mapped, count: size))
        let middle = file.nextLine(size / 2)
        async let first = StationTable.read(file, 0..<middle)
        async let second = StationTable.read(file, middle..<size)
        var all: [String: Readings] = [:]
        for part in [await first, await second] {
            all.merge(part) { left, right in
                Readings(
                    least: min(left.least, right.least), largest: max(left.largest, right.largest),
                    sum: left.sum + right.sum, count: left.count + right.count)
            }
        }
        return all
    }

    /// The bytes of the file: nobody writes them.
    @safe struct Mapped: @unchecked Sendable {
        let bytes: UnsafeRawBufferPointer

        /// Behind the first newline at or after a position.
        func nextLine(_ position: Int) -> Int {
            var end = position
            while unsafe end < bytes.count, unsafe bytes[end] != 0x0a { end += 1 }
            return min(end + 1, unsafe bytes.count)
        }
    }
}

/// Stations by name: an open-addressing table.
@safe private struct StationTable {
    @safe struct Entry {
        var name: UnsafeRawPointer?
        var length = 0
        var readings = Readings()
    }

    static let slots = 4_096
    let entries: UnsafeMutablePointer<Entry>

    static func read(
        _ file: ReadingsByHand.Mapped, _ range: Range<Int>
    ) async -> [String: Readings] {
        guard let base = unsafe file.bytes.baseAddress else { return [:] }
        let table = unsafe StationTable(entries: .allocate(capacity: slots))
        unsafe table.entries.initialize(repeating: Entry(), count: slots)
        defer { unsafe table.entries.deallocate() }
        var position = range.lowerBound
        while position < range.upperBound {
            let line = unsafe base + position
            let rest = range.upperBound - position
            let newline = unsafe memchr(line, 0x0a, rest)
            let length = unsafe newline.map { unsafe UnsafeRawPointer($0) - line } ?? rest
            guard let semicolon = unsafe memchr(line, 0x3b, length) else { break }
            let name = unsafe UnsafeRawPointer(semicolon) - line
            let number = unsafe UnsafeBufferPointer(
                start: (line + name + 1).assumingMemoryBound(to: UInt8.self),
                count: length - name - 1)
            let value = decimal(unsafe Span(_unsafeElements: number))
            let entry = unsafe table.entry(line, name)
            unsafe entry.pointee.readings.add(value)
            position += length + 1
        }
        var all: [String: Readings] = [:]
        for slot in 0..<slots {
            guard let name = unsafe table.entries[slot].name else { continue }
            let bytes = unsafe UnsafeRawBufferPointer(
                start: name, count: table.entries[slot].length)
            let station = unsafe String(decoding: bytes, as: UTF8.self)
            all[station] = unsafe table.entries[slot].readings
        }
        return all
    }

    /// The place of a name of which at most 4,095 are told apart.
    private func entry(_ name: UnsafeRawPointer, _ length: Int) -> UnsafeMutablePointer<Entry> {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for index in 0..<length {
            let byte = unsafe name.load(fromByteOffset: index, as: UInt8.self)
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
        }
        var slot = Int(truncatingIfNeeded: hash >> 20) & (Self.slots - 1)
        while true {
            let entry = unsafe entries + slot
            guard let known = unsafe entry.pointee.name else {
                unsafe entry.pointee.name = unsafe name
                unsafe entry.pointee.length = length
                return unsafe entry
            }
            if unsafe entry.pointee.length == length, unsafe memcmp(known, name, length) == 0 {
                return unsafe entry
            }
            slot = (slot + 1) & (Self.slots - 1)
        }
    }
}

/// A number with at most one point.
private func decimal(_ digits: Span<UInt8>) -> Double {
    var mantissa = 0
    var divisor = 1.0
    var isFraction = false
    let negative = digits.count > 0 && digits[0] == 0x2d
    for index in (negative ? 1 : 0)..<digits.count {
        let byte = digits[index]
        if byte == 0x2e {
            isFraction = true
        } else {
            mantissa = mantissa * 10 + Int(byte) - 48
            if isFraction { divisor *= 10 }
        }
    }
    let value = Double(mantissa) / divisor
    return negative ? -value : value
}
