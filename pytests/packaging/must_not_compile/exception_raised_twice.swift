// error: 'exception' consumed more than once
import PythonBridge

func twice(_ python: borrowing Python) {
    let exception = PendingException(fetching: python)
    exception.restore(python)
    exception.report(python, nil)
}
