// What an agent believes of figures that a worker wrote: its tasks share the memory that they lie
// in, so they may be any bits. Sums of what is believed stay numbers.

package import SwoopModel

extension RunReport {
    /// The report with records that a worker of this age, in nanoseconds, and with so many slots
    /// can have made.
    package func bounded(age: Int64, slots: Int) -> RunReport {
        switch self {
        case .ended(let attempt, let outcome, let record):
            .ended(attempt, outcome, record.bounded(age: age, slots: slots))
        case .childrenEnded(let attempt, let function, let records):
            .childrenEnded(
                attempt, function: function,
                records: records.map { $0.bounded(age: age, slots: slots) })
        case .started, .suspended, .resumed, .returned: self
        }
    }
}

extension RunRecord {
    /// A thousand times more than anybody has; a thousand times a thousand of it is a number.
    private static let bytesMax: Int64 = 1 << 43
    private static let elementsMax: Int64 = 1 << 43
    private static let featureMax = 1e18
    private static let featuresMax = 1_024

    /// The list itself where nothing is wrong with it, as nearly always.
    private var boundedFeatures: [Double] {
        if features.count <= Self.featuresMax,
            features.allSatisfy({ $0.magnitude <= Self.featureMax })
        {
            return features
        }
        return features.prefix(Self.featuresMax).map { feature in
            feature.isFinite
                ? max(-Self.featureMax, min(feature, Self.featureMax))
                : feature.isNaN ? .nan : 0
        }
    }

    fileprivate func bounded(age: Int64, slots: Int) -> RunRecord {
        let age = max(0, age)
        let (cpu, isTooMuch) = age.multipliedReportingOverflow(by: Int64(max(1, slots)))
        return RunRecord(
            features: boundedFeatures,
            elements: elements.kept(to: Self.elementsMax),
            bytesIn: bytesIn.kept(to: Self.bytesMax), bytesOut: bytesOut.kept(to: Self.bytesMax),
            cpuNanoseconds: cpuNanoseconds.kept(to: isTooMuch ? age : cpu),
            wallNanoseconds: wallNanoseconds.kept(to: age), isCold: isCold)
    }
}

extension SlotUsage {
    /// What a slot's line shows, as far as it can be: a slot is busy for no longer than its worker
    /// is there.
    package init(
        function: String?, task: TaskID?, startedAt: Int64, busyBefore: Int64, now: Int64,
        workerStartedAt: Int64
    ) {
        let (difference, isWrong) = now.subtractingReportingOverflow(workerStartedAt)
        let age = isWrong ? 0 : max(0, difference)
        let (since, overflow) = now.subtractingReportingOverflow(startedAt)
        let elapsed = task == nil || overflow ? 0 : since.kept(to: age)
        let before = busyBefore.kept(to: age)
        self.init(
            function: task == nil ? nil : function, task: task, elapsedNanoseconds: elapsed,
            busyNanoseconds: elapsed > age - before ? age : before + elapsed)
    }
}

extension Int64 {
    fileprivate func kept(to most: Int64) -> Int64 { Swift.max(0, Swift.min(self, most)) }
}
