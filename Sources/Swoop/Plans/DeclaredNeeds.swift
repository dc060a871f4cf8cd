// What `@Remote(memory:cores:timeout:retries:)` declares, as it travels.

import SwoopElements
import SwoopModel

extension TaskNeeds {
    /// What a function declares.
    init(_ needs: _RemoteNeeds) {
        self.init(
            memory: needs.memory.byteCount, cores: UInt32(clamping: needs.cores),
            timeLimit: needs.timeout.map { max(1, $0.clampedNanoseconds) } ?? 0,
            retry: RetryRule(
                RetryPolicy(
                    attempts: needs.retries.addingClamped(1), backOff: needs.backOff)))
    }
}

extension Duration {
    /// Whole nanoseconds; of what is longer than an Int64 holds as many as it does.
    var clampedNanoseconds: Int64 {
        let (seconds, rest) = components
        return seconds.multipliedClamped(by: nanosecondsPerSecond)
            .addingClamped(rest / nanosecondsPerSecond)
    }
}
