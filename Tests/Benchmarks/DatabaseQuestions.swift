// W13: how a question to the tables of the public db-benchmark is asked and measured.

import Swoop

/// Questions to tables in a cluster's memory.
struct DatabaseQuestions {
    let cluster: Cluster
    /// Rows of the table that is asked.
    let rows: Int

    /// Asks some times over and prints what it took; the last answer, or nil where this question
    /// was not chosen.
    @discardableResult func ask<Row>(
        _ question: String, _ plan: @Sendable () -> ProxyArray<Row>
    ) async throws -> ProxyArray<Row>? {
        if let chosen = variable("SWOOP_BENCH_QUESTIONS"),
            !chosen.split(separator: " ").contains(Substring(question))
        {
            return nil
        }
        var times: [Double] = []
        var last: ProxyArray<Row>?
        for _ in 0...repetitions {
            last = nil
            times.append(
                try await timed {
                    let made = try await cluster.remotely { _ in plan() }
                    try await made.wait()
                    last = made
                })
        }
        guard let kept = last else { throw WrongAnswer() }
        let count = try await cluster.remotely { _ in kept.count }.value
        emit(
            "W13", "swoop:\(question)", n: rows, seconds: Array(times.dropFirst()),
            extra: [("rows", Double(count)), ("pages", Double(kept.pageCount))])
        return kept
    }
}
