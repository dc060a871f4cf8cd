// Long steps of a join that are no strides: each of them looks whether its run is cancelled.

import Swoop
import SwoopElements
import Testing

private struct Cancelled: Error {}

@Suite struct CancelledJoinTests {
    private typealias Rule = _InnerJoin<Int, Int>
    private typealias Join = _JoinedSource<Itself<Int>, Itself<Int>, Rule>

    private func page(_ numbers: Range<Int>) throws -> FakeHost {
        var builder = Int._Builder()
        for number in numbers { builder.append(number) }
        let host = FakeHost()
        try _emit(&builder, host)
        return host
    }

    /// Joins three rows with so many, which are gone through; the look of this number is the last.
    private func join(with rows: Int, lastLook: Int) throws -> (host: FakeHost, looks: Int) {
        let (left, right) = (try page(5..<8), try page(0..<rows))
        let host = FakeHost()
        var looks = 0
        host.onCheck = {
            looks += 1
            if looks == lastLook { throw Cancelled() }
        }
        _ = try run(
            GatheredPagesKernel<Join>.self, range: 0..<3, inputs: left.inputs(),
            otherInputs: right.inputs(), host: host)
        return (host, looks)
    }

    @Test func `a right side that is gone through looks every 65,536 rows, and at each section`()
        throws
    {
        let (host, looks) = try join(with: 200_000, lastLook: 0)
        let sections = 2
        #expect(looks == 4 + sections)
        let page = try #require(host.inputs().first)
        let (columns, count) = try unsafe _openPage(of: Pair<Int, Int>.self, page.bytes)
        #expect(columns._array(0..<count) == [Pair(5, 5), Pair(6, 6), Pair(7, 7)])
    }

    @Test(arguments: 1...6)
    func `a cancelled join ends at the next look`(look: Int) {
        #expect(throws: Cancelled.self) { _ = try join(with: 200_000, lastLook: look) }
    }
}
