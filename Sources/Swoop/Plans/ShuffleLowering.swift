// How a shuffle becomes tasks: a sample of every part, splitters of all samples, every part divided
// by them, and a part of the merge for each partition. Partitions are as many as the sources have
// parts, so that one is about as large as a part.

import SwoopElements
import SwoopModel
import Synchronization

extension PlanRecording {
    /// More partitions than this make more tasks' inputs than they save memory.
    private static let partitionsMax = 1_000

    /// The parts of the merge: one for each partition.
    func mergedParts(_ shuffle: _ShuffleSpec) -> [LoopPart] {
        if let known = shuffle.parts.withLock({ $0 }) { return known }
        let sides = shuffle.sides.map { side in
            parts(of: side.source, leafWidth: side.leafWidth, areKept: true)
        }
        let partitions = max(1, min(Self.partitionsMax, sides.reduce(0) { $0 + $1.count }))
        let fields = shuffle.sides.map { hoisted($0.fields) }
        let samples = samples(of: shuffle, sides, fields.map(\.argument))
        var rule = ValueWriter()
        rule.write(partitions)
        rule.write(shuffle.rule.rawValue)
        rule.write(UInt8(shuffle.keepsFirst ? 1 : 0))
        let name = shuffle.sides.map(\.name).joined(separator: ", ")
        let splitters = add(
            function: place(
                of: shuffle.splitters, name: "\(name) (splitters)",
                code: shuffle.sides[0].fields.code, runsSteps: false),
            arguments: [.bytes(rule.bytes), encoded(LoopNote(source: .none))]
                + samples.map { .output($0) },
            features: [Double(samples.count)])
        var maps: [TaskID] = []
        for (side, (parts, fields)) in zip(shuffle.sides, zip(sides, fields)) {
            let function = place(
                of: side.partition, name: "\(side.name) (partition)", code: side.fields.code)
            for part in parts {
                let number = maps.count.encodedBytes
                maps.append(
                    addPart(
                        part, function: function,
                        fields: .sequence([
                            fields.argument, .bytes(rule.bytes + number), splitters.argument,
                        ]), output: .page))
            }
        }
        var head = ValueWriter()
        let counted = sides.first?.count ?? 0
        LoopNote(source: .merged(counted: counted, start: 0)).encodeHead(into: &head)
        let start = Argument.operation(
            .elementsBefore, operands: maps.prefix(counted).map { .output($0) },
            operandType: .int, resultType: .int)
        let merged = (0..<partitions).map { partition in
            LoopPart(
                range: 0..<0, note: .sequence([.bytes(head.bytes), start]), pages: maps,
                part: UInt32(partition), feature: .nan)
        }
        withExtendedLifetime((splitters, fields)) {}
        shuffle.parts.withLock { $0 = merged }
        return merged
    }

    private func samples(
        of shuffle: _ShuffleSpec, _ sides: [[LoopPart]], _ fields: [Argument]
    ) -> [TaskID] {
        var samples: [TaskID] = []
        for (side, (parts, fields)) in zip(shuffle.sides, zip(sides, fields)) {
            let function = place(
                of: side.sample, name: "\(side.name) (sample)", code: side.fields.code)
            for part in parts {
                let number = samples.count.encodedBytes
                samples.append(
                    addPart(
                        part, function: function, fields: .sequence([fields, .bytes(number)]),
                        output: .value))
            }
        }
        return samples
    }
}
