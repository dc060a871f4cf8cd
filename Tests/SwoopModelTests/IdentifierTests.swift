// Names of things: the same in every process, different for different things.

import SwoopModel
import Testing

@Suite struct IdentifierTests {
    private let parent = TaskID(high: 7, low: 1)

    @Test func `a child's name comes from parent, site and ordinal alone`() {
        #expect(parent.derived(site: 3, ordinal: 1) == parent.derived(site: 3, ordinal: 1))
        var names: Set<TaskID> = []
        for site in 0..<100 as Range<UInt64> {
            for ordinal in 0..<100 as Range<UInt64> {
                names.insert(parent.derived(site: site, ordinal: ordinal))
            }
        }
        #expect(names.count == 10_000)
        // Golden: a repeated run in another process names the same children.
        #expect(parent.derived(site: 1, ordinal: 1).description == "7-2dc5a7a581800060")
    }

    @Test func `the inputs of a task are each named once, arguments before pages`() {
        let other = TaskID(high: 7, low: 2)
        let third = TaskID(high: 7, low: 3)
        let spec = TaskSpec(
            id: TaskID(high: 7, low: 9), function: FunctionIndex(0),
            arguments: [
                .sequence([.output(other), .bytes([1]), .output(parent)]),
                .operation(
                    .add, operands: [.output(other), .bytes([])], operandType: .int,
                    resultType: .int),
            ], pages: [third, parent, third])
        #expect(spec.inputs == [other, parent, third])
    }

    @Test func `time does not overflow`() {
        let late = Timestamp(nanoseconds: .max - 1)
        #expect(late.advanced(by: 10) == .distantFuture)
        #expect(Timestamp(nanoseconds: 5).since(Timestamp(nanoseconds: 7)) == -2)
    }
}
