// What an operation that puts elements into another order hands to whoever records the plan: how
// each of its sources is sampled and divided. What the merge does is the chain's that follows.

public import SwoopElements
import Synchronization

/// A shuffle: every part of its sources is divided into partitions by key, and each partition is
/// merged from all parts.
public final class _ShuffleSpec: Sendable {
    /// One of the collections that are shuffled together.
    public struct Side: Sendable {
        /// The side as the user would write it.
        public let name: String
        /// What it goes over.
        public let source: _LoopSpec.Source
        /// The number of the source's positions in a leaf.
        public let leafWidth: Int
        /// A `SampleKernel`.
        public let sample: _KernelHandle
        /// A `PartitionKernel`.
        public let partition: _KernelHandle
        /// The fields of the chain and its key.
        public let fields: ValueWriter

        /// Describes a side.
        public init(
            name: String, source: _LoopSpec.Source, leafWidth: Int, sample: _KernelHandle,
            partition: _KernelHandle, fields: ValueWriter
        ) {
            self.name = name
            self.source = source
            self.leafWidth = leafWidth
            self.sample = sample
            self.partition = partition
            self.fields = fields
        }
    }

    /// The collections, in the order in which the merge gets their pages.
    let sides: [Side]
    /// A `SplitterKernel` of the sides' key.
    let splitters: _KernelHandle
    let rule: _SplitRule
    /// Of rows with equal keys only the first one is wanted.
    let keepsFirst: Bool
    /// Several loops over the same shuffle share its work.
    let parts = Mutex<[LoopPart]?>(nil)

    /// Describes a shuffle.
    public init(
        _ sides: [Side], splitters: _KernelHandle, rule: _SplitRule, keepsFirst: Bool = false
    ) {
        self.keepsFirst = keepsFirst
        self.sides = sides
        self.splitters = splitters
        self.rule = rule
    }
}

extension Chain {
    /// The chain as a side of a shuffle by key.
    ///
    /// - Parameter word: what the operation is called where its user wrote it.
    @inlinable @inline(__always)
    func _side<Rows: _ShuffleRows, F: ElementFunction>(
        _ rows: Rows.Type, by key: F, as word: StaticString
    ) -> _ShuffleSpec.Side
    where Rows.Element == Stage.Output, F.Input == Stage.Output, F.Output: SortKey {
        var fields = ValueWriter()
        stage._encodeFields(into: &fields)
        key._encodeFields(into: &fields)
        return _ShuffleSpec.Side(
            name: "\(Stage._name).\(word)(by: \(F._name))", source: source,
            leafWidth: Stage.Source._leafWidth, sample: _kernel(SampleKernel<Stage, F>.self),
            partition: _kernel(PartitionKernel<Stage, F, Rows>.self), fields: fields)
    }

    /// The chain's elements in the order of their keys.
    @inlinable @inline(__always)
    func _sorted<Rows: _ShuffleRows, F: ElementFunction>(
        _ rows: Rows.Type, by key: F
    ) -> Chain<_MergedSource<Rows, F>>
    where Rows.Element == Stage.Output, F.Input == Stage.Output, F.Output: SortKey {
        let shuffle = _ShuffleSpec(
            [_side(rows, by: key, as: "sorted")], splitters: _kernel(SplitterKernel<F.Output>.self),
            rule: .byPlace)
        return Chain<_MergedSource<Rows, F>>(_MergedSource(by: key), .shuffled(shuffle), recorder)
    }
}
