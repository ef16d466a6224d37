import CRdkafka
import Glibc
import Testing

@testable import Streams

@Suite struct EventQueueTests {
    @Test func anEventWaitsIsCountedAndWakesWhoWaitsAtAFile() throws {
        let test = try TestCluster()
        let reports = Reports()
        let producer = try test.producer(reports: reports)
        var files: [Int32] = [-1, -1]
        #expect(pipe(&files) == 0)
        for file in files { #expect(fcntl(file, F_SETFL, O_NONBLOCK) == 0) }
        defer { for file in files { close(file) } }
        let queue = try #require(producer.mainQueue)
        queue.wake(byWritingTo: files[1])
        #expect(queue.count == 0)
        try producer.produce(producer.topic(test.topic), value: "a")
        var waiting = pollfd(fd: files[0], events: Int16(POLLIN), revents: 0)
        #expect(poll(&waiting, 1, 60_000) == 1)
        #expect(queue.count == 1)
        #expect(producer.serve { reports.all.count == 1 })
        #expect(queue.count == 0)

        queue.wake(byWritingTo: nil)
        var byte: UInt8 = 0
        while read(files[0], &byte, 1) == 1 {}
        try producer.produce(producer.topic(test.topic), value: "b")
        #expect(producer.serve { reports.all.count == 2 })
        #expect(read(files[0], &byte, 1) == -1)
    }
}
