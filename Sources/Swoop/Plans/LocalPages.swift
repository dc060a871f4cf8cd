// The pages of a local array: divided when the plan is recorded, laid out one by one when the
// cluster has room. Numbers are written as they lie in the array: no copy of them is ever made.

import SwoopElements
import SwoopModel
import SwoopStorage

/// A page of a local array.
struct LocalPage: Sendable {
    let byteCount: Int
    let layOut: @Sendable () -> LaidOutPage
}

/// A page, or a value, that is ready to be written.
@safe struct LaidOutPage: Sendable {
    let byteCount: Int
    let elementCount: Int
    /// Hands over its bytes, piece by piece and in order.
    private let hand: @Sendable (@escaping (UnsafeRawBufferPointer) -> Void) -> Void

    init(
        byteCount: Int, elementCount: Int,
        hand: @escaping @Sendable (@escaping (UnsafeRawBufferPointer) -> Void) -> Void
    ) {
        self.byteCount = byteCount
        self.elementCount = elementCount
        unsafe self.hand = hand
    }

    /// A value that is encoded already.
    init(value: [UInt8]) {
        unsafe self.init(byteCount: value.count, elementCount: 1) { take in
            unsafe value.withUnsafeBytes { unsafe take($0) }
        }
    }

    /// Writes it into a place that an agent lent.
    func write(
        by writer: ArenaWriter, at offset: Int, limit: Int
    ) throws(ArenaError) -> OutputPart {
        let writing = ArenaPageWriting(writer, at: offset, limit: limit)
        unsafe hand { unsafe writing.add($0) }
        if let error = writing.error { throw error }
        return OutputPart(
            byteCount: Int64(writing.byteCount), elementCount: Int64(elementCount),
            checksum: writing.checksum)
    }

    /// A copy, to be sent.
    var bytes: [UInt8] {
        final class Collected { var bytes: [UInt8] = [] }
        let collected = Collected()
        collected.bytes.reserveCapacity(byteCount)
        unsafe hand { unsafe collected.bytes.append(contentsOf: $0) }
        return collected.bytes
    }
}

/// How an array is divided.
struct PageDivision {
    /// Elements of a page at most.
    let count: Int
    /// Bytes of a page at most, header included.
    let byteCount: Int

    /// Some pages for each core, none larger than a run may cover.
    init(of count: Int, cores: Int, byteCountMax: Int) {
        let pages = cores * 4
        self.count = max(1, count.pieces(of: pages))
        byteCount = byteCountMax
    }

    /// Elements of a page of numbers: whole leaves where there are so many, and no byte more than
    /// the memory of a page has.
    func count<Element: FixedWidthElement>(of type: Element.Type) -> Int {
        let most = max(1, (byteCount - Element.pageByteCount(of: 0)) / MemoryLayout<Element>.stride)
        let least = min(count, most)
        guard most >= Self.leaf, least >= Self.leaf else { return least }
        return min((least + Self.leaf - 1) / Self.leaf, most / Self.leaf) * Self.leaf
    }

    /// Elements of a leaf of a reduction over pages.
    private static let leaf = _PagesSource<Int>._leafWidth

    /// The pages of an array, in order.
    func pages<Element: PageElement>(of elements: [Element]) -> [LocalPage] {
        if let type = Element.self as? any FixedWidthElement.Type,
            let pages = pages(of: elements, as: type)
        {
            return pages
        }
        var pages: [LocalPage] = []
        var builder = Element._Builder()
        var start = 0
        for (place, element) in elements.enumerated() {
            builder.append(element)
            let size = builder.pageByteCount
            guard builder.count >= count || size >= byteCount || place == elements.count - 1
            else { continue }
            pages.append(Self.page(elements, start..<(place + 1), byteCount: size))
            start = place + 1
            builder.removeAll()
        }
        return pages
    }

    private static func page<Element: PageElement>(
        _ elements: [Element], _ range: Range<Int>, byteCount: Int
    ) -> LocalPage {
        LocalPage(byteCount: byteCount) {
            unsafe LaidOutPage(byteCount: byteCount, elementCount: range.count) { take in
                var builder = Element._Builder()
                for element in elements[range] { builder.append(element) }
                unsafe builder.writePage(to: take)
            }
        }
    }

    private func pages<Element, Number: FixedWidthElement>(
        of elements: [Element], as type: Number.Type
    ) -> [LocalPage]? {
        // The same type, so the same array: a cast from array to array would copy it.
        guard let numbers = elements as Any as? [Number] else { return nil }
        let count = count(of: Number.self)
        return stride(from: 0, to: numbers.count, by: count).map { start in
            let range = start..<min(numbers.count, start + count)
            let size = Number.pageByteCount(of: range.count)
            return LocalPage(byteCount: size) {
                unsafe LaidOutPage(byteCount: size, elementCount: range.count) { take in
                    unsafe Number.writePage(of: numbers[range], to: take)
                }
            }
        }
    }
}
