// Arithmetic on sizes that somebody else gives: never a trap, and right wherever an Int holds it.

import SwoopModel
import Testing

@Suite struct SizeTests {
    @Test func `sums and products stop at the ends of their type`() {
        #expect(Int.max.addingClamped(1) == .max)
        #expect(Int.min.addingClamped(-1) == .min)
        #expect((Int.max - 1).addingClamped(1) == .max)
        #expect(5.addingClamped(-7) == -2)
        #expect(UInt64.max.addingClamped(.max) == .max)
        #expect(Int.max.multipliedClamped(by: 2) == .max)
        #expect(Int.max.multipliedClamped(by: -2) == .min)
        #expect(Int.min.multipliedClamped(by: -1) == .max)
        #expect((-3).multipliedClamped(by: 4) == -12)
        #expect([Int.max, 1, 2].clampedSum == .max)
        #expect([1, 2, 3].clampedSum == 6)
        #expect([Int]().clampedSum == 0)
    }

    @Test func `pieces hold everything and none is empty`() {
        for size in [1, 2, 3, 1 << 20, Int.max - 1, Int.max] {
            for count in [0, 1, 2, 3, 5, 1 << 40, Int.max - 1, Int.max] {
                let pieces = count.pieces(of: size)
                #expect(pieces.multipliedClamped(by: size) >= count, "\(count) by \(size)")
                #expect((pieces - 1).multipliedClamped(by: size) < max(1, count))
            }
        }
    }

    @Test func `messages may say sizes from nothing to the bound`() {
        for size in [0, 1, SizeBound.bytesMax] { #expect(SizeBound.holds(size)) }
        for size in [-1, .min, SizeBound.bytesMax + 1, .max] { #expect(!SizeBound.holds(size)) }
    }
}
