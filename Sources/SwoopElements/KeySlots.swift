// The open-addressing table beneath the key tables: which number a hash may stand for. It knows no
// keys; what compares them is in TextKeys.swift and IntegerKeys.swift. The hash is fixed, so that
// every process of every run sees the same.

/// Slots of a hash and a number each; a power of two of them.
@safe @usableFromInline struct KeySlots: ~Copyable {
    /// The hash's high half in front of the number plus one; 0: free.
    @usableFromInline private(set) var slots: UnsafeMutablePointer<UInt64>
    @usableFromInline private(set) var mask: Int
    private var taken = 0
    private let host: (any _CallHost)?

    /// 2,048 slots: they stay in the fastest cache.
    @usableFromInline init(_ host: (any _CallHost)? = nil) {
        self.host = host
        mask = 2_047
        unsafe slots = .allocate(capacity: mask + 1)
        unsafe slots.initialize(repeating: 0, count: mask + 1)
    }

    @inlinable deinit { unsafe slots.deallocate() }

    /// Bytes of the slots.
    @usableFromInline var byteCount: Int { (mask + 1) * 8 }

    /// The part of a hash that slots keep; where it belongs follows from it alone.
    @inlinable @inline(__always) static func tag(_ hash: UInt64) -> UInt64 { hash >> 32 }

    /// Calls `isIt` with the numbers that stand behind the hash until one is it; nil: none is.
    @inlinable @inline(__always)
    func find(_ hash: UInt64, _ isIt: (Int) -> Bool) -> Int? {
        let tag = Self.tag(hash)
        var place = Int(truncatingIfNeeded: tag) & mask
        while true {
            let slot = unsafe slots[place]
            if slot == 0 { return nil }
            if slot >> 32 == tag {
                let number = Int(truncatingIfNeeded: slot & 0xffff_ffff) &- 1
                if isIt(number) { return number }
            }
            place = (place &+ 1) & mask
        }
    }

    /// The slot at which a search for the hash begins.
    @inlinable @inline(__always) func first(_ hash: UInt64) -> UInt64 {
        unsafe slots[Int(truncatingIfNeeded: Self.tag(hash)) & mask]
    }

    /// The number, and one, of the key that the hash most likely stands for; 0: of none.
    @inlinable @inline(__always) func likely(_ hash: UInt64, _ first: UInt64) -> UInt64 {
        let tag = Self.tag(hash)
        var slot = first
        var place = Int(truncatingIfNeeded: tag) & mask
        while slot != 0, slot >> 32 != tag {
            place = (place &+ 1) & mask
            slot = unsafe slots[place]
        }
        return slot & 0xffff_ffff
    }

    /// Adds a number that is not there.
    @usableFromInline mutating func insert(_ hash: UInt64, _ number: Int) {
        precondition(number < Int(UInt32.max), "A table holds at most 2^32 keys.")
        if slotsNeeded(for: taken + 1) > mask + 1 { grow() }
        taken += 1
        put(Self.tag(hash) << 32 | UInt64(number + 1))
    }

    /// Forgets the numbers and keeps the slots.
    @usableFromInline mutating func removeAll() {
        guard taken > 0 else { return }
        taken = 0
        unsafe slots.update(repeating: 0, count: mask + 1)
    }

    private mutating func put(_ entry: UInt64) {
        var place = Int(entry >> 32) & mask
        while unsafe slots[place] != 0 { place = (place + 1) & mask }
        unsafe slots[place] = entry
    }

    private mutating func grow() {
        let old = unsafe slots
        let count = mask + 1
        mask = count * 2 - 1
        let byteCount = (mask + 1) * 8
        let memory =
            unsafe host?._scattered(byteCount: byteCount)
            ?? .allocate(byteCount: byteCount, alignment: 64)
        unsafe slots = memory.bindMemory(to: UInt64.self, capacity: mask + 1)
        unsafe slots.initialize(repeating: 0, count: mask + 1)
        for place in 0..<count where unsafe old[place] != 0 { put(unsafe old[place]) }
        unsafe old.deallocate()
    }
}

/// The slots at least of a table of so many keys: a quarter of them taken, since a key that is not
/// found at once costs more than the cache that free slots take; half of them in large tables.
@inlinable func slotsNeeded(for count: Int) -> Int { count > 16_384 ? count * 2 : count * 4 }

/// Both halves of the product of two words, folded: every bit of both stirs every bit of it.
@inlinable @inline(__always)
func folded(_ left: UInt64, _ right: UInt64) -> UInt64 {
    let product = left.multipliedFullWidth(by: right)
    return product.high ^ product.low
}

/// Odd constants without a pattern: digits of the golden ratio, of e and of pi.
@usableFromInline enum HashSeed {
    @inlinable @inline(__always) static var first: UInt64 { 0x9e37_79b9_7f4a_7c15 }
    @inlinable @inline(__always) static var second: UInt64 { 0xb7e1_5162_8aed_2a6b }
    @inlinable @inline(__always) static var third: UInt64 { 0x243f_6a88_85a3_08d3 }
}

/// The fixed hash of some bytes: two words of them at a time; one product for up to 16 bytes.
@inlinable @inline(__always)
func byteHash(_ base: UnsafeRawPointer, _ count: Int) -> UInt64 {
    func word(_ offset: Int) -> UInt64 {
        unsafe UInt64(
            littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
    func half(_ offset: Int) -> UInt64 {
        unsafe UInt64(
            UInt32(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
    }
    func byte(_ offset: Int) -> UInt64 {
        unsafe UInt64(base.load(fromByteOffset: offset, as: UInt8.self))
    }
    let size = UInt64(truncatingIfNeeded: count) &* HashSeed.third
    if count >= 8 {
        var hash = size
        var offset = 0
        while offset &+ 16 < count {
            hash = folded(
                word(offset) ^ HashSeed.first ^ hash, word(offset &+ 8) ^ HashSeed.second)
            offset &+= 16
        }
        // The last two words may overlap what was taken before, and one another.
        let rest = Swift.max(0, count &- 16)
        return folded(
            word(Swift.min(rest, count &- 8)) ^ HashSeed.first ^ hash,
            word(count &- 8) ^ HashSeed.second)
    }
    if count >= 4 {
        return folded(half(0) ^ HashSeed.first ^ size, half(count &- 4) ^ HashSeed.second)
    }
    if count == 0 { return folded(HashSeed.first, HashSeed.second) }
    let all = byte(0) | byte(count >> 1) << 8 | byte(count &- 1) << 16
    return folded(all ^ HashSeed.first ^ size, HashSeed.second)
}

/// Whether so many bytes are the same.
@inlinable @inline(__always)
func sameBytes(_ left: UnsafeRawPointer, _ right: UnsafeRawPointer, _ count: Int) -> Bool {
    func differs<Word: FixedWidthInteger & BitwiseCopyable>(
        _ type: Word.Type, _ offset: Int
    ) -> Bool {
        unsafe left.loadUnaligned(fromByteOffset: offset, as: Word.self)
            != right.loadUnaligned(fromByteOffset: offset, as: Word.self)
    }
    if count >= 8 {
        var offset = 0
        while offset &+ 8 < count {
            if differs(UInt64.self, offset) { return false }
            offset &+= 8
        }
        return !differs(UInt64.self, count &- 8)
    }
    if count >= 4 { return !differs(UInt32.self, 0) && !differs(UInt32.self, count &- 4) }
    for offset in 0..<count where differs(UInt8.self, offset) { return false }
    return true
}
