module keel/go-app

go 1.19
