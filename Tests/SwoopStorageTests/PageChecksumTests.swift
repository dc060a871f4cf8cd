// Checksums of pages against values that others know, and against accidents.

import SwoopStorage
import Testing

@Suite struct PageChecksumTests {
    private func checksum(_ bytes: [UInt8]) -> UInt64 {
        unsafe bytes.withUnsafeBytes { unsafe PageChecksum.of($0) }
    }

    @Test func itIsTheHashThatOthersKnowUnderTheName() {
        // XXH3 with seed 0, as its reference implementation prints it.
        #expect(checksum([]) == 0x2d06_8005_38d3_94c2)
        #expect(checksum(Array("a".utf8)) == 0xe6c6_32b6_1e96_4e1f)
        #expect(
            unsafe PageChecksum.of(UnsafeRawBufferPointer(start: nil, count: 0)) == checksum([]))
    }

    @Test(arguments: [1, 17, 240, 4_096, 10_007])
    func everyFlippedBitShows(size: Int) {
        var bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let right = checksum(bytes)
        for place in stride(from: 0, to: size, by: max(1, size / 50)) {
            for bit in 0..<8 {
                bytes[place] ^= 1 << bit
                #expect(checksum(bytes) != right)
                bytes[place] ^= 1 << bit
            }
        }
        #expect(checksum(bytes) == right)
        #expect(checksum(bytes + [0]) != right)
    }
}
