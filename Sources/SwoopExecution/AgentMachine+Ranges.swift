// Ranges of pages that other nodes ask for: of what is here, of what is on its way here as it
// arrives, and of copies that are kept a while for those who come late.

package import SwoopModel

/// A question of another node for a range that is not here yet.
package struct RangeQuestion: Equatable, Sendable {
    package var token: UInt64
    /// Where the range ends in the page.
    package var end: Int64
    package var since: Timestamp
}

extension AgentMachine {
    mutating func lendRange(
        of task: TaskID, _ token: UInt64, upTo end: Int64, into effects: inout [AgentEffect]
    ) {
        if let output = outputs[task] {
            guard !output.isDropped else { return refuse([token], of: task, into: &effects) }
            return lend(output, task, token, into: &effects)
        }
        let waiting = questions.values.reduce(0) { $0 + $1.count }
        guard waiting < configuration.questionsMax else {
            return refuse([token], of: task, into: &effects)
        }
        questions[task, default: []].append(RangeQuestion(token: token, end: end, since: now))
    }

    private mutating func lend(
        _ output: Output, _ task: TaskID, _ token: UInt64, into effects: inout [AgentEffect]
    ) {
        sending[task, default: 0] += 1
        pin(task)
        if output.extent.medium == .memory { enterMemory(of: task) }
        effects.append(.sendRange(token: token, task, output.extent))
    }

    /// The coordinator hears of it as well, else it would name this node again.
    private func refuse(
        _ tokens: [UInt64], of task: TaskID, into effects: inout [AgentEffect]
    ) {
        for token in tokens { effects.append(.refuseRange(token: token, task)) }
        if !tokens.isEmpty { effects.append(.outputMissing(task)) }
    }

    mutating func returnRange(
        of task: TaskID, _ medium: PageMedium, into effects: inout [AgentEffect]
    ) {
        guard let count = sending[task] else { return }
        sending[task] = count > 1 ? count - 1 : nil
        if medium == .memory { leaveMemory(of: task, into: &effects) }
        unpin(task, into: &effects)
    }

    // MARK: Questions that wait

    /// Answers what can be answered by now, and those that waited too long.
    mutating func answerQuestions(into effects: inout [AgentEffect]) {
        guard !questions.isEmpty else { return }
        for task in questions.keys.sorted() {
            guard let asked = questions.removeValue(forKey: task) else { continue }
            if let output = outputs[task], !output.isDropped {
                for question in asked { lend(output, task, question.token, into: &effects) }
                continue
            }
            let fetch = fetches[task]
            var overdue: [UInt64] = []
            for question in asked {
                if let fetch, fetch.resumeAt == nil, question.end <= fetch.arrivedBytes {
                    effects.append(.sendArrived(token: question.token, task))
                } else if limit(of: question, task) <= now {
                    overdue.append(question.token)
                } else {
                    questions[task, default: []].append(question)
                }
            }
            refuse(overdue, of: task, into: &effects)
        }
    }

    /// Until when the question waits: for what is put off here others need not wait.
    private func limit(of question: RangeQuestion, _ task: TaskID) -> Timestamp {
        guard let fetch = fetches[task], fetch.resumeAt == nil else {
            return question.since.advanced(by: configuration.earlyQuestionMax)
        }
        return max(question.since, fetch.grewAt).advanced(by: configuration.questionMax)
    }

    var questionDeadline: Timestamp? {
        guard !questions.isEmpty else { return nil }
        return questions.lazy.flatMap { task, asked in
            asked.map { self.limit(of: $0, task) }
        }.min()
    }

    // MARK: Copies

    /// Takes note of whether the output is a copy that nothing reads.
    mutating func settleCopy(_ task: TaskID) {
        guard let output = outputs[task], output.attempt == 0, output.pins == 0 else {
            idleCopies[task] = nil
            return
        }
        if idleCopies[task] == nil {
            idleCopies[task] = now.advanced(by: configuration.copyKept)
        }
    }

    /// Forgets copies that were kept for long enough.
    mutating func forgetCopies(into effects: inout [AgentEffect]) {
        guard !idleCopies.isEmpty else { return }
        drop(idleCopies.filter { $0.value <= now }.keys.sorted(), into: &effects)
    }

    /// Forgets all copies that nothing reads: memory is wanted for something else.
    ///
    /// - Returns: whether there were any.
    mutating func giveUpCopies(into effects: inout [AgentEffect]) -> Bool {
        guard !idleCopies.isEmpty else { return false }
        drop(idleCopies.keys.sorted(), into: &effects)
        return true
    }

    var copyDeadline: Timestamp? { idleCopies.values.min() }
}
