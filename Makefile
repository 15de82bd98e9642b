# `sam build` calls this. It builds the function with Maven, without the tests.
build-ReserveFunction:
	mvn --batch-mode --quiet -Dmaven.test.skip clean package
	cp -Rp target/function/. "$(ARTIFACTS_DIR)"
